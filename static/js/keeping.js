// A drawing outlives its page where the page comes back: after a mistake, a new sign-in, a reload. Never longer.

const KEY = "numeral-drawing";
const AN_HOUR = 3_600_000;

export function keep(owner, strokes) {
  try {
    if (strokes.length) sessionStorage.setItem(KEY, JSON.stringify({ owner, strokes, at: Date.now() }));
    else sessionStorage.removeItem(KEY);
  } catch {
    // The browser stores nothing for us, or has no room: then the drawing goes with the page.
  }
}

// The strokes of the page before, if this is that page again (`again`: with a mistake shown) and the same person's;
// else nothing.
export function kept(owner, again) {
  try {
    const saved = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    if (!saved || saved.owner !== owner || Date.now() - saved.at > AN_HOUR) return null;
    return again || isTheSamePage() ? saved.strokes : null;
  } catch {
    return null;
  }
}

function isTheSamePage() {
  const came = performance.getEntriesByType("navigation")[0]?.type;
  const after = document.referrer && new URL(document.referrer);
  const signedIn = Boolean(after) && after.origin === location.origin && after.pathname.includes("/login");
  return came === "reload" || came === "back_forward" || signedIn;
}
