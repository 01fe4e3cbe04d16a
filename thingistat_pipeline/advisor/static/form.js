// The form and the draft that it holds, in the shape that the API takes.

const KEPT = "thingistat-draft";
const TEXTS = ["title", "description", "instructions"];
const CHOICES = ["category", "licence"];
const NUMBERS = ["megabytes", "photographs", "weekday", "hour"];
const FLAGS = ["remix", "customizable", "work_in_progress", "needs_supports"];
const FIGURES = [
  "followers", "following", "designs", "earlier_designs", "days_since_first", "days_since_previous",
  "earlier_median_downloads", "earlier_most_downloads",
];

const form = document.getElementById("draft");
const none = document.getElementById("no-settings");
const field = (name) => form.elements.namedItem(name);
const settings = () => [...form.querySelectorAll("input[name=print_settings]")];
const fileFields = () => [...form.querySelectorAll("input[name^='files.']")];

function number(input) {
  const valid = input.checkValidity();
  if (valid) input.removeAttribute("aria-invalid");
  else input.setAttribute("aria-invalid", "true");
  return input.value === "" || !valid ? null : Number(input.value);
}

const flag = (input) => (input.value === "" ? null : input.value === "true");

/** The draft as it stands in the form; what is empty is null. Tags and pictures come from theirs. */
export function draft() {
  const made = { files: {}, creator: {} };
  for (const name of TEXTS) made[name] = field(name).value;
  for (const name of CHOICES) made[name] = field(name).value || null;
  for (const name of NUMBERS) made[name] = number(field(name));
  for (const name of FLAGS) made[name] = flag(field(name));
  for (const name of FIGURES) made.creator[name] = number(field(`creator.${name}`));
  made.creator.accepts_tips = flag(field("creator.accepts_tips"));
  for (const input of fileFields()) {
    const value = number(input);
    if (value !== null) made.files[input.name.slice("files.".length)] = value;
  }
  const chosen = settings().filter((box) => box.checked).map((box) => box.value);
  made.print_settings = chosen.length > 0 ? chosen : none.checked ? [] : null;
  return made;
}

function setChoice(input, value) {
  input.value = value ?? "";
  if (input.selectedIndex < 0) input.selectedIndex = 0;
}

/** Fill in a creator's figures. */
export function fillCreator(figures) {
  for (const name of FIGURES) field(`creator.${name}`).value = figures[name] ?? "";
  setChoice(field("creator.accepts_tips"), figures.accepts_tips == null ? "" : String(figures.accepts_tips));
  openWhatIsFilled();
}

/** Fill in a draft; tags and pictures are others' work. */
export function fill(post) {
  for (const name of TEXTS) field(name).value = post[name] ?? "";
  for (const name of CHOICES) setChoice(field(name), post[name]);
  for (const name of ["megabytes", "photographs"]) field(name).value = post[name] ?? "";
  for (const name of ["weekday", "hour"]) setChoice(field(name), post[name] == null ? "" : String(post[name]));
  for (const name of FLAGS) setChoice(field(name), post[name] == null ? "" : String(post[name]));
  for (const input of fileFields()) input.value = post.files?.[input.name.slice("files.".length)] ?? "";
  for (const box of settings()) box.checked = post.print_settings?.includes(box.value) ?? false;
  none.checked = Array.isArray(post.print_settings) && post.print_settings.length === 0;
  fillCreator(post.creator ?? {});
}

function openWhatIsFilled() {
  for (const details of form.querySelectorAll("details.more")) {
    if ([...details.querySelectorAll("input")].some((input) => input.value !== "")) details.open = true;
  }
}

/** "None of them" and the settings exclude each other. */
export function watchSettings() {
  none.addEventListener("change", () => {
    if (none.checked) for (const box of settings()) box.checked = false;
  });
  for (const box of settings()) {
    box.addEventListener("change", () => {
      if (box.checked) none.checked = false;
    });
  }
}

/** What this browser kept of the last visit, or null. Nothing of it is on the server. */
export function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

export function keep(post) {
  try {
    if (post === null) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, JSON.stringify(post));
  } catch {
    // A browser that keeps nothing still gives advice.
  }
}
