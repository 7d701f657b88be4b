// Keeps a training's page up to date while it is alive: asks every other second, and changes only the parts that differ.

const EVERY = 2000;
const LONGEST = 30000;

const live = document.getElementById("training-live");
const stale = document.getElementById("training-stale");
// As the server sent them: a dialogue that somebody opened is no reason to replace it.
const sent = new Map([...live.querySelectorAll("[data-part]")].map((part) => [part, part.innerHTML]));
let pause = EVERY;

function isAlive(root) {
  return root.querySelector("[data-alive]")?.dataset.alive === "yes";
}

function take(root) {
  const [now, then] = [live, root].map((each) => each.querySelector("[data-alive]"));
  now.className = then.className;
  now.dataset.alive = then.dataset.alive;
  for (const [part, known] of sent) {
    const fresh = root.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!fresh || fresh.innerHTML === known) continue;
    const held = part.contains(document.activeElement);
    sent.set(part, fresh.innerHTML);
    part.innerHTML = fresh.innerHTML;
    if (part.dataset.part === "log") part.scrollTop = part.scrollHeight;
    // What had the focus is gone with the state that it was for: go on with what takes its place.
    if (held && part.dataset.part === "actions") part.querySelector("a, button")?.focus();
  }
}

async function ask() {
  if (document.hidden) return true;
  const answer = await fetch(live.dataset.url, { headers: { Accept: "text/html" } });
  if (answer.redirected || (answer.status >= 400 && answer.status < 500 && answer.status !== 429)) {
    stale.textContent = live.dataset.stale;
    return false;
  }
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  stale.textContent = "";
  return isAlive(live);
}

async function follow() {
  let more = true;
  try {
    more = await ask();
    pause = EVERY;
  } catch {
    pause = Math.min(2 * pause, LONGEST);
    stale.textContent = live.dataset.silent;
  }
  if (more) setTimeout(follow, pause);
}

live.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog).showModal();
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

const log = live.querySelector('[data-part="log"]');
log.scrollTop = log.scrollHeight;
if (isAlive(live)) setTimeout(follow, EVERY);
