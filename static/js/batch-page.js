// A batch while it is read: asks how far it is, often while it moves and seldom while it does not, and shows it.

import "./batch-column.js";
import { speaker } from "./words.js";

const QUICK = 1_000; // ms between two looks while something happens
const SLOW = 15_000;
const SLOWER = 1.6;
const LIMIT = 20_000;

const page = document.getElementById("batch");
const say = speaker(page);
const trouble = document.getElementById("batch-trouble");
const spoken = document.getElementById("batch-spoken");

let cursor = "";
let seen = "";
let pause = QUICK;
let timer = null;
let told = 0;

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, pause);
}

async function get(address, accept) {
  try {
    const answer = await fetch(address, { headers: { Accept: accept }, signal: AbortSignal.timeout(LIMIT) });
    return { status: answer.redirected ? 401 : answer.status, body: await answer.text() };
  } catch {
    return { status: 0, body: "" };
  }
}

async function look() {
  if (document.hidden) return; // goes on when somebody looks
  const { status, body } = await get(`${page.dataset.progress}?cursor=${encodeURIComponent(cursor)}`, "application/json");
  if (status === 401 || status === 404) return complain(status === 401 ? "signedOut" : "gone");
  if (status !== 200) {
    if (status === 0) complain("network");
    pause = Math.min(pause * SLOWER, SLOW);
    return later();
  }
  trouble.textContent = "";
  const now = JSON.parse(body);
  cursor = now.cursor ?? cursor;
  const figures = JSON.stringify([now.state, now.total, now.waiting, now.read, now.doubtful, now.rejected, now.failed, now.cancelled]);
  pause = figures === seen ? Math.min(pause * SLOWER, SLOW) : QUICK;
  if (figures !== seen && (await renew(now))) seen = figures;
  if (now.state === "open" || now.state === "reading") later();
}

function complain(name) {
  if (trouble.textContent !== say(name)) trouble.textContent = say(name);
}

// The server draws the page; of the new one only what has changed is put in place of the old.
async function renew(now) {
  const { status, body } = await get(location.href, "text/html");
  if (status !== 200) return false;
  const fresh = new DOMParser().parseFromString(body, "text/html");
  replace(document.getElementById("batch-state"), fresh.getElementById("batch-state"));
  replaceItems(document.getElementById("batch-items"), fresh.getElementById("batch-items"));
  speak(now);
  return true;
}

const busy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]");

function replace(old, fresh) {
  if (!old || !fresh || old.outerHTML === fresh.outerHTML) return;
  if (!busy(old)) return old.replaceWith(fresh);
  // Somebody is at its buttons: only what tells is exchanged.
  for (const part of [".batch-now", ".batch-bar", ".batch-figures"]) old.querySelector(part)?.replaceWith(fresh.querySelector(part));
}

function replaceItems(old, fresh) {
  const rows = fresh?.querySelectorAll("tbody tr") ?? [];
  const same = rows.length && [...rows].every((row) => document.getElementById(row.id));
  if (!same) return replace(old, fresh);
  for (const row of rows) {
    const before = document.getElementById(row.id);
    if (before.outerHTML !== row.outerHTML && !before.contains(document.activeElement)) before.replaceWith(row);
  }
  const [tabs, freshTabs] = [old, fresh].map((part) => part.querySelector(".batch-tabs"));
  if (!tabs.contains(document.activeElement)) tabs.replaceWith(freshTabs);
}

// A reader of the screen hears of it at each quarter, and at the end.
function speak(now) {
  const quarter = now.total ? Math.floor((4 * (now.total - now.waiting)) / now.total) : 0;
  if (quarter === told && now.state !== "finished") return;
  told = quarter;
  spoken.textContent = document.getElementById("batch-now").textContent;
}

if (page.dataset.underway) {
  later();
  document.addEventListener("visibilitychange", () => {
    pause = QUICK;
    if (!document.hidden) look();
  });
  window.addEventListener("online", look);
}
