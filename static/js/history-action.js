// How far something is that is done with many pictures: the page asks again by itself until it has ended.

const SOON_MS = 1500;
const LATE_MS = 15_000;
let wait = SOON_MS;

const part = () => document.getElementById("history-action");

async function look() {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10_000) });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("history-action");
    if (response.ok && !response.redirected && fresh) {
      // What somebody is about to press stays where it is.
      if (fresh.dataset.state !== "working" || !part().contains(document.activeElement)) part().replaceWith(fresh);
      else show(fresh);
      wait = SOON_MS;
    } else {
      wait = Math.min(2 * wait, LATE_MS);
    }
  } catch {
    wait = Math.min(2 * wait, LATE_MS);
  }
  next();
}

function show(fresh) {
  part().querySelector("progress").replaceWith(fresh.querySelector("progress"));
  for (const [at, line] of [...part().querySelectorAll("p")].entries()) {
    line.textContent = fresh.querySelectorAll("p")[at].textContent;
  }
}

function next() {
  const again = part().querySelector("[data-look-again]");
  if (again) again.hidden = true;
  if (part().dataset.state === "working") setTimeout(look, wait);
}

next();
