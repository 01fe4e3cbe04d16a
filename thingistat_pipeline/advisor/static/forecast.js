// What to expect: a row for each age, all on one logarithmic scale.

import { about, byId, change, counted, expected, make, percent, strange, within } from "./words.js";

const HEADLINE = 90;
const LEAST_SCALE = 100;
const SEEN = 1.005; // changes below half a percent are none

let scaleTo = LEAST_SCALE;
let before = null;
let start = null;
let startName = "";

/** Forget what earlier drafts were compared with; the next one is the start, called by this name. */
export function beginComparing(name) {
  before = null;
  start = null;
  startName = name;
}

const place = (downloads) => Math.min(1, Math.log1p(Math.max(0, downloads)) / Math.log1p(scaleTo));

function bar({ low, value, high }) {
  const range = make("span", { kind: "range" });
  range.style.left = `${100 * place(low)}%`;
  range.style.width = `${100 * (place(high) - place(low))}%`;
  const point = make("span", { kind: "point" });
  point.style.left = `${100 * place(value)}%`;
  return make("span", { kind: "scale", "aria-hidden": "true" }, ...ticks(), range, point);
}

function ticks() {
  const marks = [];
  for (let step = 1; step < scaleTo; step *= 10) {
    const mark = make("span", { kind: "tick" });
    mark.style.left = `${100 * place(step)}%`;
    marks.push(mark);
  }
  return marks;
}

function axis() {
  const labels = make("span", { kind: "labels" });
  for (let step = 1; step <= scaleTo; step *= 10) {
    const text = step >= 1e6 ? `${step / 1e6}M` : step >= 1000 ? `${step / 1000}k` : step;
    const label = make("span", { kind: step === scaleTo ? "last" : "", text });
    label.style.left = `${100 * place(step)}%`;
    labels.append(label);
  }
  return make("div", { kind: "row axis", "aria-hidden": "true" }, labels, make("span", { kind: "limits", text: "80 % interval" }));
}

function row(forecast) {
  const { value, low, high } = forecast.downloads;
  return make(
    "div",
    { kind: forecast.days === HEADLINE ? "row headline" : "row" },
    make("span", { kind: "days", text: `${forecast.days} days` }),
    make("b", { text: expected(value) }),
    bar(forecast.downloads),
    make("span", { kind: "limits", text: `${about(low)} to ${about(high)}` }),
  );
}

function placeWords({ percentile }) {
  if (!percentile) return "";
  const among = percentile.category ? `posts in ${percentile.category}` : "posts of all categories";
  const [from, to] = [percentile.from_days, percentile.to_days].map(counted);
  return ` of ${counted(percentile.things)} ${among}, ${from} to ${to} days old (at the ends of the interval ${Math.round(percentile.low)} and ${Math.round(percentile.high)} %).`;
}

function moves(now) {
  const said = [];
  if (before !== null && Math.abs(Math.log(now / before)) > Math.log(SEEN)) said.push(["last change", now / before]);
  if (start !== null && Math.abs(Math.log(now / start)) > Math.log(SEEN)) said.push([startName, now / start]);
  return said.map(([what, factor]) =>
    make("span", { kind: factor > 1 ? "move up" : "move down" }, make("b", { text: change(factor) }), ` ${what}`),
  );
}

/** Say each caution once, for all ages that it is about; folded, as the reader left it. */
function showCautions(forecasts) {
  const ages = new Map();
  for (const { caution, days } of forecasts) {
    if (caution) ages.set(caution, [...(ages.get(caution) ?? []), days]);
  }
  byId("cautions").hidden = ages.size === 0;
  byId("caution-words").replaceChildren(...[...ages].map(([words, days]) =>
    make("p", {}, make("b", { text: `${days.join(" and ")} days: ` }), strange(words))));
}

/** Show forecasts; returns the sentence that is read out. */
export function showForecasts(advice) {
  const { forecasts } = advice;
  const highest = Math.max(...forecasts.map((each) => each.downloads.high));
  if (highest > scaleTo || highest < scaleTo / 30) scaleTo = Math.max(LEAST_SCALE, 10 ** Math.ceil(Math.log10(highest)));
  byId("forecasts").replaceChildren(...forecasts.map(row), axis());
  const main = forecasts.find((each) => each.days === HEADLINE) ?? forecasts[0];
  const where = byId("place");
  where.replaceChildren();
  // Where hardly any known post is that young, older ones are better than none.
  const placed = main.percentile ? main : forecasts.find((each) => each.percentile);
  if (!placed) where.append("Too few known posts are as old as that to compare it with.");
  else {
    const at = placed === main ? "More than " : `After ${placed.days} days more than `;
    where.append(at, make("b", { text: `${Math.round(placed.percentile.value)} %` }), placeWords(placed));
  }
  showCautions(forecasts);
  const now = main.downloads.value + 1;
  byId("moved").replaceChildren(...moves(now));
  start ??= now;
  before = now;
  const words = `${expected(main.downloads.value)} downloads within ${main.days} days`;
  const range = `${about(main.downloads.low)} to ${about(main.downloads.high)}`;
  byId("summary-words").replaceChildren(make("b", { text: expected(main.downloads.value) }), ` within ${main.days} days, ${range}`);
  return `Expected: ${words}, ${range} with 80 % probability.`;
}

/** How far the intervals can be relied upon, in a sentence. */
export function coverageWords(forecasts) {
  const main = forecasts.find((each) => each.days === HEADLINE) ?? forecasts[0];
  const said = "Bars are 80 % intervals on a logarithmic scale";
  if (!main?.coverage) return `${said}.`;
  return `${said}; on creators never seen they held ${percent(main.coverage.value)} of the time (95 % interval ${within(main.coverage)}).`;
}
