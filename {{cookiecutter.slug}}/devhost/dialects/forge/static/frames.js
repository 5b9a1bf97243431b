// Hands on what the frontends of Forge apps ask for: the devhost sends it to their remotes.
import { postJson } from "/static/ask.js";

const here = document.body.dataset;
const HIGHEST = 2000;

// Goes where a frontend's router says, which its frame may not do itself.
function navigate({ url, type }) {
  const target = new URL(url, location.href);
  if (!["http:", "https:"].includes(target.protocol)) {
    throw new Error(`The devhost goes to http and https only, not to ${target.protocol}`);
  }
  window.open(target, type === "new-tab" ? "_blank" : "_self", "noopener");
  return null;
}

async function answer(frame, { devhostForge: id, command, data }) {
  const { forge, module, site } = frame.dataset;
  const asked = { forge, module, site, user: here.user, issue: here.issue, page: here.page, command, data };
  const reply = { devhostForge: id, error: null, value: null };
  try {
    reply.value = command === "navigate" ? navigate(data) : (await postJson("/page/forge/bridge", asked)).value;
  } catch (error) {
    reply.error = error.message;
  }
  // A frame in a sandbox has no origin that could be named.
  frame.contentWindow?.postMessage(reply, "*");
}

function grow(frame, height) {
  if (frame.dataset.grows && height > 0) {
    frame.closest(".frame-place").style.height = `${Math.min(Number(height), HIGHEST)}px`;
  }
}

const frames = [...document.querySelectorAll("iframe[data-forge]")];

window.addEventListener("message", (event) => {
  const frame = frames.find((one) => one.contentWindow === event.source);
  if (frame && event.data?.devhostForge === "height") {
    grow(frame, event.data.height);
  } else if (frame && event.data?.devhostForge && event.data.command) {
    answer(frame, event.data);
  }
});
// Only now: a frame may ask as soon as it is there.
for (const frame of frames) {
  frame.src = frame.dataset.src;
}
