// Tags: chosen ones as chips, suggested ones a click away.

import { ask, newest, Problem, untilLoaded } from "./api.js";
import { byId, counted, make, put, sentence, strange, within } from "./words.js";

const PAUSE = 350;

const chosenList = byId("tags");
const suggestedList = byId("suggested");
const input = byId("tag");
const most = Number(byId("draft").dataset.mostTags);

let tags = [];
let known = {};
let changed = () => {};

export const chosenTags = () => [...tags];

export function setTags(wanted) {
  tags = [...new Set(wanted)].slice(0, most);
  showChosen();
}

function showChosen() {
  chosenList.replaceChildren(...tags.map((tag) => {
    const remove = make("button", { type: "button", "aria-label": `Remove the tag ${tag}`, text: "×" });
    remove.addEventListener("click", () => dropTag(tag));
    return make("li", { kind: "chosen" }, strange(tag), make("span", { kind: "many", text: tag in known ? counted(known[tag]) : "" }), remove);
  }));
  input.disabled = tags.length >= most;
}

function add(tag) {
  const plain = tag.trim().replace(/^#/, "");
  if (plain === "" || tags.includes(plain) || tags.length >= most) return;
  tags.push(plain);
  showChosen();
  changed();
}

function dropTag(tag) {
  const index = tags.indexOf(tag);
  tags.splice(index, 1);
  showChosen();
  const next = chosenList.children[Math.min(index, tags.length - 1)];
  (next?.querySelector("button") ?? input).focus();
  changed();
}

function showSuggested(suggestions) {
  const focused = [...suggestedList.children].findIndex((item) => item.contains(document.activeElement));
  suggestedList.replaceChildren(...suggestions.map(({ tag, things }) => {
    const button = make("button", { type: "button", "aria-label": `Add the tag ${tag}, on ${counted(things)} things` }, make("span", { kind: "plus", text: "+" }), strange(tag), make("span", { kind: "many", text: counted(things) }));
    button.addEventListener("click", () => {
      const index = [...suggestedList.children].indexOf(button.parentElement);
      button.parentElement.remove();
      (suggestedList.children[index] ?? suggestedList.lastElementChild)?.querySelector("button").focus();
      add(tag);
    });
    return make("li", {}, button);
  }));
  if (focused >= 0) (suggestedList.children[focused] ?? suggestedList.lastElementChild)?.querySelector("button").focus();
}

const say = (words) => put(suggestedList, make("li", { kind: "said" }, sentence(words)));

function show(answer) {
  known = answer.known;
  showChosen();
  if (!answer.available) say(answer.reason ?? "There are no suggestions yet.");
  else if (answer.suggested.length === 0) say("Give it a title, a category or a tag first.");
  else showSuggested(answer.suggested.slice(0, 12));
  byId("recovered").textContent = answer.recovered
    ? ` Of tags hidden as a test, ${Math.round(100 * answer.recovered.value)} % (95 % interval ${within(answer.recovered)}) were among the ten suggested.`
    : "";
}

/** Ask for suggestions for a draft. */
export const suggest = newest(async (signal, { title, description, category }) => {
  try {
    await untilLoaded(() => ask("/tags", { json: { title, description, category, tags }, signal }), show, signal);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say(`${error.message} ${error.hint}`);
  }
}, PAUSE);

/** Begin to listen; `whenChanged` is called after every change of the chosen tags. */
export function watchTags(whenChanged) {
  changed = whenChanged;
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === ",") {
      event.preventDefault();
      for (const tag of input.value.split(",")) add(tag);
      input.value = "";
    } else if (event.key === "Backspace" && input.value === "" && tags.length > 0) {
      tags.pop();
      showChosen();
      changed();
    }
  });
  input.addEventListener("blur", () => {
    add(input.value);
    input.value = "";
  });
}
