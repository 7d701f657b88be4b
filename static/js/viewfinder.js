// The camera in the page: a picture of what it sees goes the same way as a file. It is never on unseen.

import { speaker } from "./speaker.js";

const WISHES = { width: { ideal: 3840 }, height: { ideal: 2160 } };
const QUALITY = 0.92;

const say = speaker(document.getElementById("read-words"));
const opener = document.getElementById("viewfinder-open");
const problem = document.getElementById("camera-problem");
const dialog = document.getElementById("viewfinder");
const video = dialog.querySelector("video");
const [shutter, other, torch] = ["shutter", "other", "torch"].map((name) => document.getElementById(`viewfinder-${name}`));

let stream = null;
let opening = 0;
let taken = 0;

const media = window.isSecureContext ? navigator.mediaDevices : undefined;
const track = () => stream?.getVideoTracks()[0] ?? null;

async function cameras() {
  const devices = await media.enumerateDevices();
  return devices.filter(({ kind }) => kind === "videoinput");
}

function complain(sentence) {
  problem.textContent = sentence;
  problem.classList.toggle("d-block", sentence !== "");
}

function off() {
  for (const each of stream?.getTracks() ?? []) each.stop();
  stream = null;
  video.srcObject = null;
}

function close() {
  opening += 1; // a camera that answers after this is switched off at once
  off();
  if (dialog.open) dialog.close();
}

async function open(which) {
  const mine = (opening += 1);
  off();
  shutter.disabled = true;
  const fresh = await media.getUserMedia({ audio: false, video: { ...WISHES, ...which } });
  if (mine !== opening) {
    for (const each of fresh.getTracks()) each.stop();
    return;
  }
  stream = fresh;
  video.srcObject = fresh;
  track().addEventListener("ended", () => mine === opening && fail("cameraLost"));
  await video.play();
  shutter.disabled = false;
  shutter.focus();
  other.hidden = (await cameras()).length < 2;
  torch.hidden = !track()?.getCapabilities?.().torch;
  torch.setAttribute("aria-pressed", "false");
}

function fail(name) {
  close();
  complain(say(name));
}

const REASONS = { NotAllowedError: "cameraRefused", NotFoundError: "cameraNone", NotReadableError: "cameraBusy" };

async function start(which = { facingMode: { ideal: "environment" } }) {
  complain("");
  if (!dialog.open) dialog.showModal();
  try {
    await open(which);
  } catch (error) {
    // Closed while the browser was still asking: nothing went wrong.
    if (dialog.open) fail(REASONS[error.name] ?? "cameraLost");
  }
}

async function next() {
  const all = await cameras();
  const now = track()?.getSettings().deviceId;
  const at = all.findIndex(({ deviceId }) => deviceId === now);
  await start({ deviceId: { exact: all[(at + 1) % all.length].deviceId } });
}

async function light() {
  const on = torch.getAttribute("aria-pressed") !== "true";
  try {
    await track().applyConstraints({ advanced: [{ torch: on }] });
    torch.setAttribute("aria-pressed", String(on));
  } catch {
    torch.hidden = true;
  }
}

function picture() {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}

// Where there is a camera that may be asked for, `take(file)` gets what it sees when the shutter is pressed.
export async function offerCamera(take) {
  opener.classList.toggle("is-nowhere", !media?.getUserMedia); // else its place is kept for it
  if (!media?.getUserMedia) return;
  opener.addEventListener("click", () => start());
  other.addEventListener("click", next);
  torch.addEventListener("click", light);
  document.getElementById("viewfinder-close").addEventListener("click", close);
  dialog.addEventListener("close", close);
  window.addEventListener("pagehide", close);
  document.addEventListener("visibilitychange", () => document.hidden && close());
  shutter.addEventListener("click", async () => {
    shutter.disabled = true;
    const blob = await picture();
    close();
    taken += 1;
    if (blob) take(new File([blob], say(taken > 1 ? "photoNames" : "photoName", { taken }), { type: "image/jpeg" }));
    else complain(say("cameraLost"));
  });
  const show = async () => {
    opener.hidden = !(await cameras()).length;
    opener.classList.toggle("is-nowhere", opener.hidden);
  };
  media.addEventListener?.("devicechange", show);
  await show();
}
