// Candidate pictures: dropped or chosen, ranked by the API, one of them the cover.

import { ask, newest, Problem, untilLoaded } from "./api.js";
import { shrunk } from "./shrink.js";
import { byId, change, counted, make, percent, put, sentence, strange, within } from "./words.js";

const PAUSE = 60;
const LARGEST = 100e6;
const LARGEST_SENT = 8e6;
const KINDS = ["image/jpeg", "image/png", "image/webp"];
const SIGNS = { for: "+", against: "−", neither: "·" };
const PLACES = ["1st", "2nd", "3rd"];

const list = byId("ranking");
const file = byId("pictures");
const drop = byId("drop");
const most = Number(byId("draft").dataset.mostPictures);

let pictures = []; // {file, address, ranked, small: what is sent of it}
let answer = null;
let failed = ""; // why the newest question got no answer
let wanted = null; // the picture that was chosen as cover by hand
let changed = () => {};

const accepted = () => pictures.filter((each) => each.ranked && each.ranked.refused === null);
const best = () => accepted().reduce((top, each) => (top === null || each.ranked.place < top.ranked.place ? each : top), null);
const cover = () => (wanted !== null && accepted().includes(wanted) ? wanted : best());

/** What the cover measures, or null. */
export function coverMeasures() {
  const measures = cover()?.ranked.measures ?? {};
  return Object.keys(measures).length > 0 ? measures : null;
}

/** How many pictures can be posted; null where none was dropped. */
export const pictureCount = () => (pictures.length === 0 ? null : pictures.filter((each) => !each.ranked?.refused).length || null);

let turnedDown = "";

/** Say something; what was turned down when pictures were chosen stays said. */
const say = (words) => {
  byId("pictures-said").replaceChildren(turnedDown, " ", sentence(words));
};

function take(files) {
  const refused = [];
  for (const each of files) {
    if (!KINDS.includes(each.type)) refused.push(`${each.name} is no JPEG, PNG or WebP picture.`);
    else if (each.size > LARGEST) refused.push(`${each.name} is larger than 100 MB.`);
    else if (pictures.length >= most) refused.push(`${each.name} is one too many: ${most} can be compared.`);
    else pictures.push({ file: each, address: URL.createObjectURL(each), ranked: null });
  }
  turnedDown = refused.join(" ");
  say("");
  show();
  rank();
}

function remove(picture) {
  const index = pictures.indexOf(picture);
  URL.revokeObjectURL(picture.address);
  pictures.splice(index, 1);
  if (wanted === picture) wanted = null;
  show();
  (list.querySelectorAll("button.remove")[index] ?? list.querySelector("button.remove") ?? file).focus();
  rank();
}

/** Remove all of them. */
export function clearPictures() {
  for (const each of pictures) URL.revokeObjectURL(each.address);
  pictures = [];
  wanted = null;
  answer = null;
  turnedDown = "";
  say("");
  show();
}

/** Return the pictures that can be sent; one after the other is made small, for they are large. */
async function ready(signal) {
  const asked = [...pictures];
  for (const each of asked) {
    each.small ??= await shrunk(each.file);
    signal.throwIfAborted();
    if (each.small.size > LARGEST_SENT) each.ranked = { refused: "It cannot be opened here, and is larger than 8 MB.", place: null };
  }
  return asked.filter((each) => each.small.size <= LARGEST_SENT);
}

const rank = newest(async (signal) => {
  if (pictures.length === 0) {
    answer = null;
    show();
    changed();
    return;
  }
  list.setAttribute("aria-busy", "true");
  failed = "";
  try {
    const sent = await ready(signal);
    if (sent.length === 0) {
      answer = null;
      show();
      changed();
      return;
    }
    const form = new FormData();
    for (const each of sent) form.append("pictures", each.small, each.file.name);
    const question = () => ask("/pictures", { form, signal, waiting: (problem) => say(problem.message) });
    await untilLoaded(question, (said) => {
      answer = said;
      say(answer.available ? "" : (answer.reason ?? "Pictures cannot be compared yet."));
      for (const ranked of answer.pictures) sent[ranked.number].ranked = ranked;
    }, signal);
    pictures.sort((one, other) => (one.ranked?.place ?? Infinity) - (other.ranked?.place ?? Infinity));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    failed = `${error.message} ${error.hint}`;
    show();
    return;
  } finally {
    if (!signal.aborted) list.removeAttribute("aria-busy");
  }
  show();
  changed();
}, PAUSE);

function reason(each) {
  return make("li", { kind: each.feature === "other" ? `${each.speaks} rest` : each.speaks },
    make("span", { kind: "sign", "aria-hidden": "true", text: SIGNS[each.speaks] }),
    make("span", {}, strange(each.label), " ", each.value === "" ? null : make("b", {}, strange(each.value)), make("small", {}, strange(each.compared)),
      make("span", { kind: "unseen", text: each.speaks === "neither" ? "" : `, speaks ${each.speaks}` })));
}

function lookAlike(card) {
  const picture = card.has_picture
    ? make("img", { src: `/api/v1/things/${card.id}/picture`, alt: "", width: 96, height: 96, loading: "lazy" })
    : make("span", { kind: "drawn", text: card.name, "aria-hidden": "true" });
  return make("li", { kind: "tile" },
    make("a", { href: `/things/${card.id}`, target: "_blank", rel: "noopener" },
      make("span", { kind: "frame" }, picture),
      make("span", { kind: "name" }, strange(card.name)),
      make("span", { kind: "unseen", text: " (new tab)" })),
    card.downloads === null ? null : make("span", { kind: "counts", text: `${counted(card.downloads)} downloads` }),
    card.remark ? make("span", { kind: "remark" }, strange(card.remark)) : null);
}

function heading(picture) {
  const { ranked } = picture;
  if (ranked === null) return make("h3", { text: failed ? "Not looked at" : "Being looked at…" });
  if (ranked.refused !== null) return make("h3", { text: "Refused" });
  if (ranked.place === null || accepted().length < 2) return make("h3", { text: "Looked at" });
  const words = make("h3", {}, PLACES[ranked.place - 1] ?? `${ranked.place}th`);
  if (ranked.chance !== null) words.append(make("small", { text: ` ${percent(ranked.chance)} likely to beat the others’ average` }));
  return words;
}

function coverChoice(picture) {
  const box = make("input", { type: "radio", name: "cover", checked: cover() === picture });
  box.addEventListener("change", () => {
    wanted = picture;
    changed();
  });
  return make("label", { kind: "cover" }, box, " Cover");
}

/** Look-alikes, folded but for the best picture's, or as the reader left them. */
function alike(picture) {
  const open = picture.unfolded ?? (picture.ranked.place === 1 || accepted().length === 1);
  const shown = picture.ranked.look_alikes.slice(0, 4);
  const fold = make("details", { kind: "alike", open }, make("summary", { text: "Looks like" }), make("ul", { kind: "tiles" }, ...shown.map(lookAlike)));
  fold.addEventListener("toggle", () => {
    picture.unfolded = fold.open;
  });
  return fold;
}

function item(picture) {
  const { ranked } = picture;
  const button = make("button", { kind: "remove", type: "button", "aria-label": `Remove ${picture.file.name}`, text: "Remove" });
  button.addEventListener("click", () => remove(picture));
  const good = ranked !== null && ranked.refused === null;
  const why = ranked === null ? failed : (ranked.refused ?? "");
  return make("li", { kind: good && ranked.place === 1 && accepted().length > 1 ? "candidate best" : "candidate" },
    make("div", { kind: "view" },
      make("img", { src: picture.address, alt: `Your picture ${picture.file.name}`, width: 240, height: 180 }),
      make("div", { kind: "deeds" }, good ? coverChoice(picture) : make("span"), button)),
    make("div", { kind: "judged" },
      heading(picture),
      make("p", { kind: "file" }, strange(picture.file.name)),
      why === "" ? null : make("p", { kind: "refused" }, sentence(why)),
      good ? make("ul", { kind: "speaks" }, ...ranked.reasons.map(reason)) : null),
    good && ranked.look_alikes.length > 0
      ? alike(picture)
      : null);
}

function show() {
  list.replaceChildren(...pictures.map(item));
  byId("photographs").placeholder = pictureCount() ?? "";
  const basis = answer?.look_alikes_basis ?? "";
  put(byId("alike-basis"), basis !== "" && accepted().some((each) => each.ranked.look_alikes.length > 0)
    ? make("span", {}, make("b", { text: "“Looks like”: " }), strange(basis))
    : null);
  const { uplift, accuracy } = answer ?? {};
  put(byId("uplift"), ...(uplift && accepted().length > 1 ? [
    make("p", {},
      answer.synthetic ? make("span", { kind: "badge", text: "Synthetic" }) : "",
      ` The best of ${answer.best_of} went with `, make("b", { text: change(uplift.value) }),
      ` downloads (95 % interval ${change(uplift.low)} to ${change(uplift.high)}) against a random one, on things held out`,
      accuracy ? `; of two pictures it told the better ${Math.round(100 * accuracy.value)} % of the time (${within(accuracy)}).` : "."),
    answer.caution ? make("p", { kind: "small" }, strange(answer.caution)) : null] : []));
}

/** Begin to listen; `whenChanged` is called when the cover or the number of pictures is another. */
export function watchPictures(whenChanged) {
  changed = whenChanged;
  file.addEventListener("change", () => {
    take([...file.files]);
    file.value = "";
  });
  const over = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("over");
  };
  document.addEventListener("dragover", over);
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) take(files);
  });
}
