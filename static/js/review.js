// The review queue: the next numbers are fetched before they are needed, so that one keystroke shows them. Nothing moves
// on before the server has kept what was said; where it cannot, the text stays in its field with the reason beside it.

import { address, page, release, send, undoForm } from "./review-server.js";
import {
  article, coarse, count, draft, field, holder, instead, restore, say, sayLast, tell, whole,
} from "./review-view.js";
import { figure, fill, gettext } from "./words.js";

const keys = document.getElementById("review-keys");
const AHEAD = 3;
const FRESH_MS = 150_000; // a claim lasts five minutes; one older than this is renewed before its number is shown

const trail = []; // the numbers that this window holds and has not decided, in the order in which they came
const decided = []; // what undoes each decision, the newest last
let at = 0;
let done = Number(page.dataset.done);
let left = Number(page.dataset.left);
let waiting = Number(page.dataset.waiting);
let reached = new URLSearchParams(location.search).get("after") ?? "";
let fetching = null;
let busy = false;

// --- The numbers -------------------------------------------------------------------------------------------

const recount = () => count({ done, left, waiting, canUndo: decided.length > 0, canGoBack: at > 0 });

function know(answer) {
  left = answer.left;
  waiting = answer.waiting;
}

// Fetches what comes behind the last number; several callers share one request.
function fetchMore() {
  fetching ??= send(page.dataset.next, { after: reached, count: AHEAD, done }).then((answer) => {
    fetching = null;
    for (const item of answer.items ?? []) {
      reached = item.place;
      const known = trail.find((other) => other.id === item.id);
      if (known) Object.assign(known, { stamp: item.stamp, taken: Date.now() });
      else trail.push({ ...item, taken: Date.now() });
      if (item.picture) new Image().src = item.picture;
    }
    return answer;
  });
  return fetching;
}

function show(said = "") {
  const item = trail[at];
  if (article()?.dataset.id !== item.id) holder.innerHTML = item.html;
  prepare(item);
  if (coarse) article().scrollIntoView({ block: "nearest" });
  if (said) sayLast(said);
  say(said, fill(gettext("{n} left."), { n: figure(left) }), article().dataset.said);
}

function prepare(item) {
  for (const part of page.querySelectorAll(".review-script")) part.hidden = false;
  if (item.draft !== undefined) field().value = item.draft;
  // On a phone the keyboard would cover the picture: it comes when the field is touched.
  if (!coarse) field().select();
  history.replaceState(null, "", address(page.dataset.page, { hold: `${item.id}.${item.stamp}`, done }));
  recount();
  if (trail.length - at <= AHEAD - 1) fetchMore();
}

function end(html, said) {
  holder.innerHTML = html;
  history.replaceState(null, "", address(page.dataset.page, { done }));
  recount();
  if (said) sayLast(said);
  holder.querySelector("h2")?.focus();
  say(said, holder.querySelector("h2")?.textContent.trim());
}

// Shows the number at its place in the trail; behind its end fetches more, begins again with what was skipped, or ends.
async function arrive(said = "") {
  while (at < trail.length || (await more(said))) {
    const item = trail[at];
    if (Date.now() - item.taken < FRESH_MS) return show(said);
    const answer = await send(address(`${page.dataset.page}${item.id}/hold/`), { stamp: item.stamp });
    if (answer.stamp) Object.assign(item, { stamp: answer.stamp, taken: Date.now() });
    if (![404, 409].includes(answer.status)) return show(said);
    trail.splice(at, 1); // another window has it, or it waits no more
  }
}

// Whether there is a number to show; where there is none, the page has said so.
async function more(said) {
  // What was asked for before the last decision does not know of it.
  if (fetching && (await fetching) && at < trail.length) return true;
  let answer = await fetchMore();
  if (at >= trail.length && answer.items) {
    const wraps = reached !== "";
    at = 0;
    reached = "";
    if (!trail.length && wraps) answer = await fetchMore();
  }
  if (at < trail.length) return true;
  if (answer.items) {
    know(answer);
    end(answer.end, said);
  } else if (article() && trail.length) {
    at = trail.length - 1;
    tell(answer.problem, answer.status);
  } else {
    location.assign(address(page.dataset.page));
  }
  return false;
}

// --- What a person does ------------------------------------------------------------------------------------

// One thing at a time: what is typed before the next number is in sight cannot be meant for it.
function alone(action) {
  return async (...values) => {
    if (busy) return;
    busy = true;
    page.setAttribute("aria-busy", "true");
    try {
      await action(...values);
    } finally {
      busy = false;
      page.removeAttribute("aria-busy");
    }
  };
}

const decide = alone(async (noNumber = false) => {
  const item = trail[at];
  if (!item || !article()) return;
  if (item.gone) return leave(1);
  const text = field().value;
  const point = article().dataset.decimals > 0 ? /[\s.,]/g : /\s/g; // a form's amount may be typed with its point
  const digits = text.replace(point, "");
  const empty = !digits && !article().dataset.guess; // nothing was read, and nothing is written there
  if (!noNumber && !empty && !/^[0-9]{1,50}$/.test(digits)) {
    tell(digits ? page.dataset.digits : page.dataset.empty);
    return;
  }
  const values = { stamp: item.stamp, text, ...(noNumber ? { no_number: 1 } : {}) };
  if (item.insisted !== undefined) values.insisted = item.insisted;
  const answer = await send(document.getElementById("review-form").getAttribute("action"), values);
  if (answer.problem) {
    item.gone = [404, 409].includes(answer.status);
    if (answer.code === "breaks_rule") item.insisted = text;
    tell(answer.problem, answer.status);
    return;
  }
  decided.push({ undo: answer.undo, draft: noNumber ? undefined : draft() });
  done += 1;
  know(answer);
  trail.splice(at, 1);
  await arrive(answer.said);
});

function draftKeep() {
  if (trail[at] && article()) trail[at].draft = draft();
}

async function leave(step) {
  if (at + step < 0 || !article()) return;
  draftKeep();
  if (trail[at]?.gone) trail.splice(at, 1);
  else if (step > 0) at += 1;
  if (step < 0) at -= 1;
  await arrive();
}

const move = alone(leave);

const undo = alone(async () => {
  const last = decided.at(-1);
  if (!last) return;
  const answer = await send(undoForm.action, { undo: last.undo });
  if (answer.problem) {
    if ([400, 404, 409].includes(answer.status)) decided.pop();
    if (article()) tell(answer.problem, answer.status);
    else sayLast(answer.problem);
    say(answer.problem);
    return;
  }
  decided.pop();
  done = Math.max(0, done - 1);
  know(answer);
  draftKeep();
  trail.splice(at, 0, { ...answer.item, draft: last.draft, taken: Date.now() });
  show(answer.said);
});

const ACTIONS = { keys: () => keys.showModal(), back: () => move(-1), skip: () => move(1), whole };

// --- Keys, buttons, the end of the window ------------------------------------------------------------------

page.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open || event.isComposing) return;
  const untouched = article() && field().value === article().dataset.guess;
  const act = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ArrowRight: untouched ? () => move(1) : null,
    ArrowLeft: untouched ? () => move(-1) : null,
    u: undo,
    n: () => decide(true),
    z: whole,
    "?": ACTIONS.keys,
    Escape: restore,
  }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (event.key === "Enter" && event.repeat) event.preventDefault();
  if (busy && event.target === field()) event.preventDefault();
  if (!act || event.repeat) return;
  event.preventDefault();
  act();
});

page.addEventListener("click", (event) => {
  const control = event.target.closest("[data-do]");
  if (control) {
    event.preventDefault();
    ACTIONS[control.dataset.do]();
  }
});

page.addEventListener("submit", (event) => {
  if (event.target === undoForm && decided.length) {
    event.preventDefault();
    undo();
  } else if (event.target.id === "review-form") {
    event.preventDefault();
    if (event.submitter?.name === "instead") instead(event.submitter);
    else decide(event.submitter?.name === "no_number");
  }
});

keys.querySelector("[data-close]").addEventListener("click", () => keys.close());
keys.addEventListener("close", () => field()?.focus());

window.addEventListener("pagehide", () => {
  if (trail.length) release(trail);
});

// A page that the browser had put by has given back what it held.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// --- Beginning ---------------------------------------------------------------------------------------------

if (undoForm.elements.undo.value) decided.push({ undo: undoForm.elements.undo.value });
const first = article();
if (first) {
  const { id, stamp, place } = first.dataset;
  trail.push({ id, stamp, place, html: holder.innerHTML, taken: Date.now() });
  reached = place;
  const typed = field().value;
  if (typed !== first.dataset.guess) trail[0].draft = typed;
  prepare(trail[0]);
} else {
  recount();
}
