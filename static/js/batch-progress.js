// What is seen while a pile of files is sent: a bar that follows the bytes, what is the matter, and how it goes on.

import { forgetSent, given, good, lock, nameOfPile, nameWithin, tell } from "./batch-list.js";
import { Refused, Sending } from "./batch-send.js";
import { number, speaker } from "./speaker.js";

const form = document.getElementById("read-form");
const say = speaker(document.getElementById("read-words"));
const [panel, text, bar, trouble, sentence, link, again, stop] = [
  "sending", "sending-text", "sending-bar", "sending-trouble", "sending-sentence", "sending-link", "sending-again", "sending-stop",
].map((name) => document.getElementById(name));
const problem = document.getElementById("file-problem");

function warn(event) {
  event.preventDefault();
}

function fields() {
  const said = { name: nameOfPile() };
  for (const name of ["keep", "expect", "source", "form"]) {
    const control = form.elements.namedItem(name);
    if (control?.value) said[name] = control.value;
  }
  return said;
}

// Which batch is being sent outlives a page that is closed or breaks, so that the same files go on where they stopped.
const KEY = "numeral-sending";
const mine = () => JSON.stringify([form.dataset.owner, fields()]);

function remember(page) {
  try {
    if (page) localStorage.setItem(KEY, JSON.stringify({ page, mine: mine() }));
    else localStorage.removeItem(KEY);
  } catch {
    // The browser stores nothing for us: then another time begins anew.
  }
}

function remembered() {
  try {
    const saved = JSON.parse(localStorage.getItem(KEY));
    return saved?.mine === mine() ? saved.page : null;
  } catch {
    return null;
  }
}

function view(sending) {
  return {
    remember,
    remembered,
    words: say,
    named: nameWithin,
    changed: tell,
    progress() {
      const all = good().length + given().filter(({ state }) => state === "refused").length;
      const there = all - sending().left;
      text.textContent = there < all ? say("sending", { there: number(there), all: number(all) }) : say("allSent");
      bar.value = Math.floor(sending().share * 1_000);
      bar.textContent = `${Math.floor(sending().share * 100)} %`;
    },
    trouble(kind, { left, all }) {
      const words = say(kind, { left: number(left), all: number(all) });
      if (sentence.textContent !== words) sentence.textContent = words;
      link.hidden = kind !== "signedOut";
      again.textContent = say(kind === "signedOut" ? "goOn" : "tryNow");
      trouble.hidden = false;
    },
    fine() {
      trouble.hidden = true;
    },
    again: () => nextChance(),
  };
}

// Whatever makes it worth trying again: the network, a click, a look at this page. What happens while
// something is tried already counts for the next time.
let due = false;
let wake = () => {};

function chance() {
  due = true;
  wake();
}

function nextChance() {
  return new Promise((resolve) => {
    wake = () => {
      if (!due) return;
      due = false;
      resolve();
    };
    wake();
  });
}

window.addEventListener("online", chance);
window.addEventListener("focus", chance);
again.addEventListener("click", chance);
stop.addEventListener("click", chance);

// Some files were not taken, and only this page can say which: it stays until somebody has seen that.
function leave(page) {
  forgetSent();
  const left = given().filter(({ state }) => state === "refused").length;
  problem.textContent = `${say("partly", { count: left, left: number(left) })} `;
  const onwards = document.createElement("a");
  onwards.href = page;
  onwards.textContent = say("openBatch");
  problem.append(onwards);
  problem.classList.add("d-block");
  onwards.focus();
}

// Sends all that can be read, and then opens the page of the batch.
export async function sendPile() {
  let sending = null;
  sending = new Sending({
    addresses: { open: form.dataset.batches, token: form.dataset.token },
    fields: fields(),
    token: form.elements.namedItem("csrfmiddlewaretoken").value,
    entries: good(),
    view: view(() => sending),
  });
  const halt = () => {
    sending.stop();
    text.textContent = say("stopping");
  };
  due = false;
  lock(true);
  panel.hidden = false;
  problem.textContent = "";
  stop.addEventListener("click", halt);
  window.addEventListener("beforeunload", warn);
  try {
    sending.view.progress();
    panel.scrollIntoView({ block: "nearest" });
    const page = await sending.run();
    window.removeEventListener("beforeunload", warn);
    if (sending.untaken) return leave(page);
    location.assign(page);
  } catch (error) {
    sending.stop();
    if (!(error instanceof Refused)) throw error;
    problem.textContent = error.message || say("gone");
    problem.classList.add("d-block");
    for (const entry of good()) Object.assign(entry, { state: "waiting", loaded: 0 });
    good().forEach(tell);
  } finally {
    window.removeEventListener("beforeunload", warn);
    stop.removeEventListener("click", halt);
    lock(false);
    panel.hidden = true;
  }
}
