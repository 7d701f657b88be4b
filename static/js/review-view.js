// What the review page shows: the number in its place, what was said, how many are left.

import { page, undoForm } from "./review-server.js";
import { fill, gettext } from "./words.js";

export const holder = document.getElementById("review-item");
export const coarse = matchMedia("(pointer: coarse)").matches;
export const field = () => document.getElementById("review-text");
export const article = () => holder.querySelector(".review-item");

// `waiting`: how many wait in all, where that is known.
export function count({ done, left, waiting, canUndo, canGoBack }) {
  document.getElementById("review-done").textContent = done;
  document.getElementById("review-left").textContent = left;
  document.getElementById("review-total").textContent = done + left;
  document.getElementById("review-count").hidden = done + left === 0;
  const bar = document.getElementById("review-progress");
  if (bar) Object.assign(bar, { max: Math.max(1, done + left), value: done });
  undoForm.hidden = !canUndo;
  page.querySelector('[data-do="back"]').disabled = !canGoBack;
  for (const badge of document.querySelectorAll(".nav-count")) {
    badge.hidden = waiting === 0;
    badge.firstChild.textContent = waiting < 100 ? waiting : "99+";
  }
}

export function say(...sentences) {
  document.getElementById("review-said").textContent = sentences.filter(Boolean).join(" ");
}

export function sayLast(sentence) {
  document.getElementById("review-last").textContent = sentence;
}

export function tell(sentence, status) {
  document.getElementById("review-problem").textContent = sentence;
  document.getElementById("review-sign-in").hidden = status !== 401;
  field().classList.toggle("is-invalid", Boolean(sentence));
  field().setAttribute("aria-invalid", Boolean(sentence));
  if (sentence && !coarse) field().focus();
}

// What stands in the field; undefined where it is still what was read.
export function draft() {
  return field().value === article().dataset.guess ? undefined : field().value;
}

export function restore() {
  if (!article()) return;
  field().value = article().dataset.guess;
  field().select();
}

export function whole() {
  const picture = holder.querySelector(".review-picture svg");
  const button = holder.querySelector('[data-do="whole"]');
  if (!picture) return;
  const wide = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", wide);
  picture.setAttribute("viewBox", wide ? picture.dataset.whole : picture.dataset.near);
}

export function instead(button) {
  const guess = article().dataset.guess;
  const text = field().value.length === guess.length ? field().value : guess;
  const position = Number(button.dataset.position);
  field().value = text.slice(0, position) + button.dataset.digit + text.slice(position + 1);
  say(fill(gettext("Now {text}."), { text: field().value }));
  if (!coarse) field().focus();
}
