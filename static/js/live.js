// Reads the drawing while it is drawn. Nothing is stored; an answer that a newer stroke has overtaken is dropped.

import { fill, gettext, percent } from "./words.js";

const PAUSE = 250; // ms a pen rests within a stroke before what is there so far is read
const APART = 150; // ms between two readings, however quick the hand
const AGAIN = { 429: 5_000, 503: 10_000 }; // ms until it is tried again by itself
const AGAIN_OTHERWISE = 4_000;
const QUIET = 1_000; // ms without a change before the answer is spoken

const UNREACHABLE = gettext("No connection. Your drawing stays here, and is read when the connection is back.");
const SENTENCES = {
  401: gettext("You are signed out. Press Read to sign in again; your drawing stays."),
  403: gettext("This page is out of date. Load it again; your drawing stays."),
  429: gettext("That was a lot in one minute. Reading goes on by itself in a moment; draw on."),
};
const BROKEN = gettext("Something went wrong on our side. It is tried again in a moment; draw on.");

const panel = document.getElementById("live");
const text = document.getElementById("live-text");
const sure = document.getElementById("live-sure");
const doubt = document.getElementById("live-doubt");
const note = document.getElementById("live-note");
const spoken = document.getElementById("live-spoken");
const idle = note.textContent.trim();

// `body()` makes what is sent, or gives null where nothing is drawn.
export function liveReading(address, body) {
  let newest = 0; // the number of the newest request: only its answer counts
  let underway = null;
  let timer = null;
  let sent = -Infinity;

  function after(ms) {
    clearTimeout(timer);
    timer = setTimeout(send, ms);
  }

  function stop() {
    clearTimeout(timer);
    underway?.abort();
    underway = null;
    newest += 1;
    panel.classList.remove("is-reading");
  }

  async function send() {
    stop();
    const data = body();
    if (!data) return show({ note: idle });
    const number = newest;
    const request = new AbortController();
    underway = request;
    sent = performance.now();
    panel.classList.add("is-reading");
    let status = 0;
    let answer = null;
    try {
      const response = await fetch(address, { method: "POST", body: data, signal: request.signal });
      status = response.status;
      answer = await response.json();
    } catch {
      if (request.signal.aborted) return;
    }
    if (number !== newest) return;
    underway = null;
    panel.classList.remove("is-reading");
    if (status === 200 && answer) return show(words(answer));
    show({ note: trouble(status, answer) });
    if (status === 0 || status === 429 || status >= 500) after(AGAIN[status] ?? AGAIN_OTHERWISE);
  }

  window.addEventListener("online", () => after(0));
  return {
    // The pen was lifted, or the drawing changed at once.
    now() {
      const wait = sent + APART - performance.now();
      if (wait > 0) after(wait);
      else send();
    },
    // The pen is still moving.
    soon() {
      underway?.abort();
      after(PAUSE);
    },
    // Before anything is drawn: a server that has just started loads its models now, not under the first stroke.
    warm(data) {
      fetch(address, { method: "POST", body: data }).catch(() => {});
    },
    stop,
  };
}

function trouble(status, answer) {
  if (status === 0) return UNREACHABLE;
  return SENTENCES[status] ?? answer?.error?.message ?? BROKEN;
}

function words(answer) {
  if (!answer.numbers.length) return { note: gettext("No digit seen yet.") };
  return { text: answer.formatted || answer.text, sure: percent(answer.confidence), doubt: answer.needs_review };
}

let speaking = null;

function show(what) {
  text.textContent = what.text ?? "";
  sure.textContent = what.sure ? fill(gettext("{percent} sure"), { percent: what.sure }) : "";
  doubt.hidden = !what.doubt;
  note.textContent = what.note ?? "";
  panel.classList.toggle("is-doubtful", Boolean(what.doubt));
  clearTimeout(speaking);
  const heard = what.doubt ? gettext("{text}, {percent} sure, not sure enough") : gettext("{text}, {percent} sure");
  const sentence = what.text ? fill(heard, { text: what.text, percent: what.sure }) : what.note;
  speaking = setTimeout(() => {
    if (spoken.textContent !== sentence) spoken.textContent = sentence === idle ? "" : sentence;
  }, QUIET);
}
