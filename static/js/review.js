// The review queue: the next numbers are fetched before they are needed, so that one keystroke shows them. Nothing moves
// on before the server has kept what was said; where it cannot, the text stays in its field with the reason beside it.

const page = document.getElementById("review");
const holder = document.getElementById("review-item");
const undoForm = document.getElementById("review-undo");
const keys = document.getElementById("review-keys");
const AHEAD = 3;
const FRESH_MS = 150_000; // a claim lasts five minutes; one older than this is renewed before its number is shown

const trail = []; // the numbers that this window holds and has not decided, in the order in which they came
const decided = []; // what undoes each decision, the newest last
let at = 0;
let done = Number(page.dataset.done);
let left = Number(page.dataset.left);
let reached = new URLSearchParams(location.search).get("after") ?? "";
let fetching = null;
let busy = false;

const field = () => document.getElementById("review-text");
const article = () => holder.querySelector(".review-item");
const coarse = matchMedia("(pointer: coarse)").matches;

// --- Talking to the server ---------------------------------------------------------------------------------

async function send(url, values = {}, again = true) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", undoForm.elements.csrfmiddlewaretoken.value);
  for (const [name, value] of Object.entries(values)) body.set(name, value);
  let response;
  try {
    response = await fetch(url, {
      method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15_000),
    });
  } catch {
    return { status: 0, problem: page.dataset.network };
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer) return answer;
  // Signing in again changes the token that forms are sent with.
  if (response.status === 403 && again) return (await renew()) ?? send(url, values, false);
  if (response.status === 404) return { status: 404, problem: page.dataset.gone };
  return { status: response.status || 500, problem: answer?.error?.message ?? page.dataset.wrong };
}

async function renew() {
  let response;
  try {
    response = await fetch(page.dataset.token, { headers: { Accept: "application/json" } });
  } catch {
    return { status: 0, problem: page.dataset.network };
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || !answer) return { status: response.status, problem: answer?.error?.message ?? page.dataset.wrong };
  for (const input of document.getElementsByName("csrfmiddlewaretoken")) input.value = answer.csrf;
  return null;
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

// --- Showing -----------------------------------------------------------------------------------------------

function count() {
  document.getElementById("review-done").textContent = done;
  document.getElementById("review-left").textContent = left;
  document.getElementById("review-total").textContent = done + left;
  document.getElementById("review-count").hidden = done + left === 0;
  const bar = document.getElementById("review-progress");
  if (bar) Object.assign(bar, { max: Math.max(1, done + left), value: done });
  undoForm.hidden = decided.length === 0;
  page.querySelector('[data-do="back"]').disabled = at === 0;
  for (const badge of document.querySelectorAll(".nav-count")) {
    badge.hidden = left === 0;
    badge.firstChild.textContent = left < 100 ? left : "99+";
  }
}

function say(...sentences) {
  document.getElementById("review-said").textContent = sentences.filter(Boolean).join(" ");
}

function tell(sentence, status) {
  document.getElementById("review-problem").textContent = sentence;
  document.getElementById("review-sign-in").hidden = status !== 401;
  field().classList.toggle("is-invalid", Boolean(sentence));
  field().setAttribute("aria-invalid", Boolean(sentence));
  if (sentence && !coarse) field().focus();
}

function show(said = "") {
  const item = trail[at];
  if (article()?.dataset.id !== item.id) holder.innerHTML = item.html;
  prepare(item);
  if (coarse) article().scrollIntoView({ block: "nearest" });
  if (said) document.getElementById("review-last").textContent = said;
  say(said, `${left} left.`, article().dataset.said);
}

function prepare(item) {
  for (const part of page.querySelectorAll(".review-script")) part.hidden = false;
  if (item.draft !== undefined) field().value = item.draft;
  // On a phone the keyboard would cover the picture: it comes when the field is touched.
  if (!coarse) field().select();
  const address = new URLSearchParams({ hold: `${item.id}.${item.stamp}`, done });
  history.replaceState(null, "", `${page.dataset.page}?${address}`);
  count();
  if (trail.length - at <= AHEAD - 1) fetchMore();
}

function end(html, said) {
  holder.innerHTML = html;
  history.replaceState(null, "", `${page.dataset.page}?${new URLSearchParams({ done })}`);
  count();
  if (said) document.getElementById("review-last").textContent = said;
  holder.querySelector("h2")?.focus();
  say(said, holder.querySelector("h2")?.textContent.trim());
}

// Shows the number at its place in the trail; behind its end fetches more, begins again with what was skipped, or ends.
async function arrive(said = "") {
  while (at < trail.length || (await more(said))) {
    const item = trail[at];
    if (Date.now() - item.taken < FRESH_MS) return show(said);
    const answer = await send(`${page.dataset.page}${item.id}/hold/`, { stamp: item.stamp });
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
    left = answer.left;
    end(answer.end, said);
  } else if (article() && trail.length) {
    at = trail.length - 1;
    tell(answer.problem, answer.status);
  } else {
    location.assign(page.dataset.page);
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
  const digits = text.replace(/\s/g, "");
  if (!noNumber && !/^[0-9]{1,50}$/.test(digits)) {
    tell(digits ? page.dataset.digits : page.dataset.empty);
    return;
  }
  const values = { stamp: item.stamp, text, ...(noNumber ? { no_number: 1 } : {}) };
  const answer = await send(document.getElementById("review-form").getAttribute("action"), values);
  if (answer.problem) {
    item.gone = [404, 409].includes(answer.status);
    tell(answer.problem, answer.status);
    return;
  }
  decided.push({ undo: answer.undo, draft: noNumber || text === article().dataset.guess ? undefined : text });
  done += 1;
  left = answer.left;
  trail.splice(at, 1);
  await arrive(answer.said);
});

function draftKeep() {
  if (trail[at] && article()) trail[at].draft = field().value === article().dataset.guess ? undefined : field().value;
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
    else document.getElementById("review-last").textContent = answer.problem;
    say(answer.problem);
    return;
  }
  decided.pop();
  done = Math.max(0, done - 1);
  left = answer.left;
  draftKeep();
  trail.splice(at, 0, { ...answer.item, draft: last.draft, taken: Date.now() });
  show(answer.said);
});

function whole() {
  const picture = holder.querySelector(".review-picture svg");
  const button = holder.querySelector('[data-do="whole"]');
  if (!picture) return;
  const wide = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", wide);
  picture.setAttribute("viewBox", wide ? picture.dataset.whole : picture.dataset.near);
}

function instead(button) {
  const guess = article().dataset.guess;
  const text = field().value.length === guess.length ? field().value : guess;
  const position = Number(button.dataset.position);
  field().value = text.slice(0, position) + button.dataset.digit + text.slice(position + 1);
  say(`Now ${field().value}.`);
  if (!coarse) field().focus();
}

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
    Escape: () => {
      if (!article()) return;
      field().value = article().dataset.guess;
      field().select();
    },
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
  if (!trail.length) return;
  const body = new FormData();
  body.set("csrfmiddlewaretoken", undoForm.elements.csrfmiddlewaretoken.value);
  for (const item of trail) body.append("held", `${item.id}.${item.stamp}`);
  navigator.sendBeacon(page.dataset.release, body);
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
  count();
}
