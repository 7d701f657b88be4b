// The review queue's talk with the server: every answer is what was asked for, or a status and a sentence that says why
// not.

export const page = document.getElementById("review");
export const undoForm = document.getElementById("review-undo");

// An address of the part of the queue that this page is about.
export function address(path, values = {}) {
  const query = new URLSearchParams(page.dataset.part);
  for (const [name, value] of Object.entries(values)) query.set(name, value);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export const token = () => undoForm.elements.csrfmiddlewaretoken.value;

export async function send(url, values = {}, again = true) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token());
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
  const { code, message } = answer?.error ?? {};
  return { status: response.status || 500, code, problem: message ?? page.dataset.wrong };
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

// Gives back what a window that is closed holds.
export function release(held) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token());
  for (const item of held) body.append("held", `${item.id}.${item.stamp}`);
  navigator.sendBeacon(page.dataset.release, body);
}
