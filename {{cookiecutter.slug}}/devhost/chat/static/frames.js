// Opens add-ons' pages: panels in the side bar, dialogs over the chat; and hears what their scripts say.
import { answer } from "./bridge.js";
import { post, viewer } from "./ask.js";
import { shape, startDialog } from "./dialogs.js";
import { Frame } from "./frame.js";
import { complain } from "./notice.js";

const frames = new Set();

function living() {
  for (const frame of frames) {
    if (!frame.root.isConnected) {
      frames.delete(frame);
    }
  }
  return [...frames];
}

function adopt(root, click = {}) {
  const frame = new Frame(root, click);
  frames.add(frame);
  frame.start();
  return frame;
}

export function dialogFrame() {
  return living().findLast((frame) => frame.kind === "dialog");
}

export function closePanel() {
  document.getElementById("panel").replaceChildren();
  document.getElementById("panel").hidden = true;
  document.getElementById("addons").hidden = false;
}

function theme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

// Opens a module: `click` holds client_id and key, and perhaps kind, message, values, options and parameters.
export async function openModule(click) {
  let html;
  try {
    html = await (await post("/page/frame", { ...viewer(), theme: theme(), ...click })).text();
  } catch (error) {
    complain(error);
    return;
  }
  const template = document.createElement("template");
  template.innerHTML = html;
  const root = template.content.querySelector("[data-frame]");
  const { message = "", values = "" } = click;
  if (root.dataset.kind === "dialog") {
    const opener = document.activeElement;
    document.body.append(root);
    const frame = adopt(root, { message, values });
    startDialog(frame, opener);
    shape(frame, JSON.parse(root.dataset.options));
    return;
  }
  const slot = document.getElementById("panel");
  if (!slot) {
    return;
  }
  slot.replaceChildren(root);
  slot.hidden = false;
  document.getElementById("addons").hidden = true;
  root.querySelector("[data-close]").addEventListener("click", closePanel);
  root.querySelector("[data-reload]").addEventListener("click", () => openModule(click));
  document.dispatchEvent(new CustomEvent("devhost:go", { detail: "side" }));
  adopt(root, { message, values });
}

// Tells open pages what happened to their add-on.
export function tellFrames(kind, data) {
  for (const frame of living()) {
    if (data.client_id && frame.client === data.client_id) {
      if (kind === "glance" && data.update) {
        frame.say("glance-update", data.update);
      } else if (kind === "message" && data.message) {
        frame.say("message-received", data.message);
      }
    }
  }
}

function openTarget(link) {
  const row = link.closest("[data-client]");
  let handed = {};
  try {
    handed = JSON.parse(link.dataset.targetOptions || "{}") || {};
  } catch {
    complain(new Error("data-target-options is not JSON, so the link opens without them."));
  }
  openModule(spread({ key: link.dataset.target, ...handed }, row.dataset.client));
}

// Turns what a script or a link hands over into a click.
export function spread(asked, client) {
  const options = { ...(asked.options?.options || asked.options || {}) };
  if (asked.options?.title) {
    options.title = asked.options.title;
  }
  return {
    client_id: client,
    key: String(asked.key || ""),
    values: JSON.stringify(asked.urlTemplateValues || {}),
    parameters: JSON.stringify(asked.parameters ?? null),
    options: JSON.stringify(options),
  };
}

export function startFrames() {
  for (const root of document.querySelectorAll("[data-frame]")) {
    adopt(root);
  }
  window.addEventListener("message", (event) => {
    const frame = living().find((one) => one.iframe.contentWindow === event.source);
    if (frame && event.origin === frame.origin && event.data?.eid === frame.id) {
      answer(frame, event.data);
    }
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    const link = event.target.closest("a[data-target]");
    if (opener) {
      const { open: kind, client, module, message = "" } = opener.dataset;
      opener.closest("details.menu")?.removeAttribute("open");
      openModule({ kind, client_id: client, key: module, message });
    } else if (link) {
      event.preventDefault();
      openTarget(link);
    }
  });
}
