// Pictures as large as they are looked at: what a camera makes is made smaller before it is sent.

const LONGER_SIDE = 1600;
const QUALITY = 0.92;
const SMALL = 4e6; // so that eight of them are within what the server takes

/** Return a picture to send in place of a file: itself, where it is small or cannot be opened here. */
export async function shrunk(file) {
  let opened;
  try {
    opened = await createImageBitmap(file);
  } catch {
    return file;
  }
  try {
    const scale = Math.min(1, LONGER_SIDE / Math.max(opened.width, opened.height));
    if (scale === 1 && file.size <= SMALL) return file;
    return (await redrawn(opened, scale)) ?? file;
  } finally {
    opened.close();
  }
}

function redrawn(opened, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(opened.width * scale));
  canvas.height = Math.max(1, Math.round(opened.height * scale));
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff"; // what is transparent is looked at on white
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.imageSmoothingQuality = "high";
  brush.drawImage(opened, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/jpeg", QUALITY);
  });
}
