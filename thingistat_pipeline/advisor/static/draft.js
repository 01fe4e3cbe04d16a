// The page on which a post is prepared: every change of the form asks for advice anew.

import { showAdvice, showTrouble } from "./advice.js";
import { ask, newest, Problem } from "./api.js";
import { beginComparing } from "./forecast.js";
import { draft, fill, fillCreator, keep, kept, watchSettings } from "./form.js";
import { clearPictures, coverMeasures, pictureCount, watchPictures } from "./pictures.js";
import { chosenTags, setTags, suggest, watchTags } from "./tags.js";
import { byId, counted, make, put, sentence, strange } from "./words.js";

const PAUSE = 120;
const UNTIL_READ_OUT = 1200;
const LEFT_EMPTY = ["title", "description", "instructions", "tags"];

const form = byId("draft");
const result = byId("result");

let basedOn = null;
let readOut = null;

/** The draft as the API takes it: what was left empty is usual, or emptied on purpose of a known thing. */
function post() {
  const made = draft();
  made.tags = chosenTags();
  if (basedOn === null) for (const name of LEFT_EMPTY) if (made[name].length === 0) delete made[name];
  made.photographs ??= pictureCount();
  made.cover = coverMeasures();
  made.based_on = basedOn;
  return made;
}

const advise = newest(async (signal) => {
  result.setAttribute("aria-busy", "true");
  try {
    const said = showAdvice(await ask("/advice", { json: post(), signal, waiting: (problem) => showTrouble(problem.message, "Trying again.") }));
    clearTimeout(readOut);
    readOut = setTimeout(() => {
      byId("spoken").textContent = said;
    }, UNTIL_READ_OUT);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    showTrouble(error.message, error.hint);
  } finally {
    if (!signal.aborted) result.removeAttribute("aria-busy");
  }
}, PAUSE);

function remember() {
  const { cover, photographs, ...rest } = post();
  keep({ ...rest, photographs: draft().photographs });
}

function lengths() {
  for (const name of ["description", "instructions"]) {
    const { length } = byId(name).value;
    byId(`${name}-length`).textContent = length === 0 ? "" : `${counted(length)} characters`;
  }
}

function localHour() {
  const { value } = byId("hour");
  if (value === "") {
    byId("local").textContent = "";
    return;
  }
  const moment = new Date();
  moment.setUTCHours(Number(value), 0, 0, 0);
  const here = moment.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  byId("local").textContent = `${here} where you are`;
}

function refresh() {
  lengths();
  localHour();
  remember();
  advise();
}

function refreshWords() {
  refresh();
  suggest(draft());
}

function start(wanted, based) {
  basedOn = based;
  fill(wanted);
  setTags(wanted.tags ?? []);
  beginComparing(based === null ? "since the start" : "against it as it is");
  refreshWords();
}

function sayExisting(...words) {
  byId("existing-said").replaceChildren(...words);
}

async function thingId(text) {
  if (/^\d+$/.test(text)) return text;
  const found = await ask(`/search?q=${encodeURIComponent(text)}`);
  if (found.thing !== null) return found.thing;
  throw new Problem("That is no thing’s id or address.", "It looks like 763622 or https://www.thingiverse.com/thing:763622.");
}

async function load() {
  const text = byId("existing").value.trim();
  if (text === "") {
    sayExisting("Type a thing’s id or address first.");
    return;
  }
  sayExisting("Looking it up…");
  try {
    const known = await ask(`/things/${await thingId(text)}/draft`);
    clearPictures();
    start(known.draft, known.card.id);
    const link = make("a", { href: `/things/${known.card.id}`, target: "_blank", rel: "noopener" }, strange(known.card.name));
    sayExisting("Started from ", link, ". ", strange(known.remark));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    sayExisting(make("b", { text: error.message }), " ", sentence(error.hint));
  }
}

async function lookUp() {
  const name = byId("creator").value.trim();
  const said = byId("creator-said");
  put(byId("creators"));
  if (name === "") {
    said.textContent = "Type a name first.";
    return;
  }
  try {
    const found = await ask(`/creators?q=${encodeURIComponent(name)}`);
    said.textContent = found.length === 0 ? "No creator of the sample is called that. Type the figures instead." : "Choose one to fill in the figures:";
    put(byId("creators"), ...found.map((each) => {
      const button = make("button", { type: "button" }, strange(each.name));
      button.addEventListener("click", () => {
        fillCreator(each.figures);
        said.textContent = `Filled in the figures of ${each.name}.`;
        put(byId("creators"));
        byId("creator.followers").focus();
        refresh();
      });
      return make("li", {}, button);
    }));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    said.replaceChildren(sentence(`${error.message} ${error.hint}`));
  }
}

function onEnter(id, deed) {
  byId(id).addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    deed();
  });
}

function clear() {
  byId("existing").value = "";
  clearPictures();
  keep(null);
  sayExisting("");
  start({}, null);
  byId("title").focus();
}

const WORDS = new Set(["title", "description", "category"]);

watchSettings();
watchTags(refreshWords);
watchPictures(refresh);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", (event) => {
  if (!event.target.name || event.target.name === "cover") return;
  if (WORDS.has(event.target.name)) refreshWords();
  else refresh();
});
byId("no-settings").addEventListener("change", refresh);
byId("load").addEventListener("click", load);
byId("clear").addEventListener("click", clear);
byId("look-up").addEventListener("click", lookUp);
onEnter("existing", load);
onEnter("creator", lookUp);

const from = new URLSearchParams(location.search).get("from");
if (from !== null) {
  history.replaceState(null, "", "/");
  byId("existing").value = from;
  start({}, null);
  load();
} else {
  const last = kept();
  start(last ?? {}, last?.based_on ?? null);
  if (last?.title || last?.tags?.length) sayExisting("Your draft of last time, kept in this browser only.");
}
