// Everything beside the forecast: what is worth changing, what moves the prediction, on what basis.

import { coverageWords, showForecasts } from "./forecast.js";
import { byId, change, counted, expected, make, put, sentence, strange } from "./words.js";

const STRONGEST = Math.log(2); // a bar's half is full at twice, or half, the downloads

const EVIDENCE = {
  strong: "strong evidence",
  moderate: "moderate evidence",
  weak: "weak evidence",
  none: "no evidence",
  "not examined": "not examined",
};

const share = (factor) => Math.min(1, Math.abs(Math.log(factor)) / STRONGEST);

function diverging(factor) {
  const fill = make("span", { kind: factor >= 1 ? "fill up" : "fill down" });
  fill.style.width = `${50 * share(factor)}%`;
  return make("span", { kind: "balance", "aria-hidden": "true" }, fill);
}

function whisker({ value, low, high }) {
  const position = (factor) => 50 + 50 * Math.max(-1, Math.min(1, Math.log(factor) / STRONGEST));
  const range = make("span", { kind: "range" });
  range.style.left = `${position(low)}%`;
  range.style.width = `${position(high) - position(low)}%`;
  const point = make("span", { kind: "point" });
  point.style.left = `${position(value)}%`;
  return make("span", { kind: "balance", "aria-hidden": "true" }, range, point);
}

function step(each) {
  if (!each.before && !each.after) return null;
  return make("p", { kind: "step" }, strange(each.before), " → ", strange(each.after));
}

function effect(each) {
  if (!each.factor) return make("div", { kind: "effect" }, make("b", { text: "–" }));
  const { value, low, high } = each.factor;
  return make(
    "div",
    { kind: value < 1 ? "effect less" : "effect" },
    make("b", { text: change(value) }),
    make("small", { text: `${change(low)} to ${change(high)}` }),
    whisker(each.factor),
  );
}

/** The words that come after "Strong:" or "No evidence:", which the label beside them says. */
function withoutLabel(words) {
  const rest = words.replace(/^(strong|moderate|weak|no evidence|not examined)[:.] ?/i, "");
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

const STATES = { done: "Done", "does not apply": "Does not apply", "not told": "Not told yet" };

function changeItem(each) {
  const few = each.note.startsWith(`Only ${counted(each.support ?? 0)} `);
  const support = each.support === null || few ? "" : `${counted(each.support)} ${each.support === 1 ? "thing has" : "things have"} it. `;
  const words = each.evidence === "none" && each.note ? each.note : `${each.evidence_in_words} ${each.note}`.trim();
  const weight = each.evidence.replaceAll(" ", "-");
  return make(
    "li",
    { kind: `change ${weight}${each.outside ? " outside" : ""}` },
    make("div", { kind: "what" },
      make("h4", {}, strange(each.sentence)),
      step(each),
      make("p", { kind: "evidence" },
        make("span", { kind: `weight ${weight}`, text: EVIDENCE[each.evidence] }),
        STATES[each.state] ? make("span", { kind: "weight state", text: STATES[each.state] }) : null,
        ` ${support}`, strange(withoutLabel(words))),
      each.outside ? make("p", { kind: "evidence beyond" }, strange(each.outside)) : null),
    effect(each),
  );
}

/** Keep a fold as the reader left it when what it holds is made anew. */
function fold(id, title, list) {
  if (list.length === 0) return null;
  const open = byId(id)?.open ?? false;
  return make(
    "details",
    { id, open },
    make("summary", { text: `${title} (${list.length})` }),
    make("ol", { kind: "changes" }, ...list.map(changeItem)),
  );
}

function showChanges(changes) {
  const open = (each) => each.state === "possible" || each.state === "not told";
  const examined = changes.filter((each) => each.evidence !== "not examined");
  const now = examined.filter((each) => open(each) && each.evidence !== "none");
  byId("changes-part").hidden = changes.length === 0;
  byId("changes").replaceChildren(
    ...(now.length > 0
      ? now.map(changeItem)
      : [make("li", { kind: "small", text: "No change that is left to make has evidence for it." })]),
  );
  put(
    byId("other-changes"),
    fold("without-evidence", "No evidence", examined.filter((each) => open(each) && each.evidence === "none")),
    fold("made", "Done or not for this post", examined.filter((each) => !open(each))),
    fold("not-examined", "Not examined", changes.filter((each) => each.evidence === "not examined")),
  );
}

function push(each) {
  return make(
    "li",
    { kind: "push" },
    make("span", { kind: "what" }, strange(each.label), make("small", {}, strange(each.value), " · usual ", strange(each.typical))),
    diverging(each.factor),
    make("b", { text: change(each.factor) }),
  );
}

function others(factor) {
  return make(
    "li",
    { kind: "push" },
    make("span", { kind: "what", text: "Everything else" }),
    diverging(factor),
    make("b", { text: change(factor) }),
  );
}

function showPushes(advice) {
  byId("pushes-part").hidden = advice.pushes.length === 0;
  const typical = advice.typical_downloads === null ? "" : `: ${expected(advice.typical_downloads)} downloads within ${advice.pushes_at_days} days`;
  put(byId("typical"), "Against ", strange(advice.typical), `${typical}. These are parts of the prediction: how sure they are is not known.`);
  byId("pushes").replaceChildren(...advice.pushes.map(push), ...(advice.others === null ? [] : [others(advice.others)]));
}

function showOutside(outside) {
  put(
    byId("outside"),
    outside.length === 0
      ? null
      : make("div", { kind: "note warning" },
          make("h3", { text: "Unlike what the model has seen" }),
          make("ul", {}, ...outside.map((each) =>
            make("li", {}, strange(each.label), ...(each.value === "" ? [" is unlike that of nearly all known covers"] : [": ", strange(each.value), " (98 in 100 known things: ", strange(each.seen), ")"]))))),
  );
}

function showBasis(advice) {
  const open = byId("assumed")?.open ?? false;
  const model = advice.model;
  put(
    byId("basis"),
    advice.assumed.length === 0
      ? null
      : make("details", { id: "assumed", open },
          make("summary", { text: `Taken as usual (${advice.assumed.length})` }),
          make("ul", {}, ...advice.assumed.map((words) => make("li", {}, strange(words))))),
    make("p", { text: coverageWords(advice.forecasts) }),
    make("p", {},
      advice.synthetic ? make("span", { kind: "badge", text: "Synthetic" }) : "",
      advice.fitted_on === null ? "" : ` Fitted on ${counted(advice.fitted_on)} things. `,
      model?.skill ? strange(`${model.skill} `) : "",
      make("b", { text: "Associated with, not caused by." })),
  );
}

/** Show advice; returns the sentence that is read out. */
export function showAdvice(advice) {
  byId("reasons").hidden = !advice.available;
  byId("result").classList.toggle("without", !advice.available);
  if (!advice.available) {
    byId("summary-words").textContent = "No prediction yet";
    showTrouble("There is no prediction yet.", advice.reason ?? "");
    return "There is no prediction yet.";
  }
  showTrouble(null);
  const said = showForecasts(advice);
  showOutside(advice.outside);
  showChanges(advice.changes);
  showPushes(advice);
  showBasis(advice);
  return said;
}

/** Say what went wrong; figures that stand there are then marked as old. */
export function showTrouble(error, hint = "") {
  byId("result").classList.toggle("old", error !== null);
  put(byId("trouble"), error === null ? null : make("p", {}, make("b", { text: error }), " ", sentence(hint)));
}
