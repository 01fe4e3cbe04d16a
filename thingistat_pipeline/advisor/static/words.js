// Numbers as a reader says them, and elements made without any markup from data.

const count = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const figure = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const rough = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** Whole things that were counted. */
export const counted = (value) => count.format(value);

/** A prediction, to three digits; below ten to whole downloads. */
export const expected = (value) => (value < 10 ? count.format(value) : figure.format(Math.round(value)));

/** An end of an interval, to two digits. */
export const about = (value) => (value < 10 ? count.format(value) : rough.format(Math.round(value)));

export const percent = (share) => `${Math.round(100 * share)} %`;

/** A factor of downloads as people say it: +34 %, −8 %, and ×3.4 where percents grow large. */
export function change(factor) {
  if (factor >= 3) return `×${rough.format(factor)}`;
  const points = Math.round(100 * (factor - 1));
  if (points === 0) return "±0 %";
  return points > 0 ? `+${points} %` : `−${-points} %`;
}

/** An interval of shares in words. */
export const within = ({ low, high }) => `${Math.round(100 * low)} to ${Math.round(100 * high)} %`;

/** Make an element: its class, its text or attributes, and what stands in it. */
export function make(name, { text, ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key === "kind" ? "class" : key, value);
  }
  if (text != null) element.textContent = text;
  element.append(...children.filter((child) => child != null));
  return element;
}

/** A stranger's text, which cannot turn the reading direction of what stands around it. */
export const strange = (text) => make("bdi", { text });

/** A sentence of ours in which what stands between backticks is to be typed. */
export function sentence(text) {
  const parts = text.split("`").map((part, index) => (index % 2 === 1 ? make("code", {}, strange(part)) : strange(part)));
  return make("span", {}, ...parts);
}

export const byId = (id) => document.getElementById(id);

/** Show or hide by whether there is something to show. */
export function put(element, ...children) {
  const there = children.filter((child) => child != null);
  element.replaceChildren(...there);
  element.hidden = there.length === 0;
}
