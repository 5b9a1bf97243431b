// Answers the script in an add-on's page, which speaks as simple-xdm does: facts come from the devhost, acts happen
// on this page.
import { getJson, post, viewer } from "./ask.js";
import { appendMessage, focusComposer, keepDraft } from "./composer.js";
import { shape } from "./dialogs.js";
import { closePanel, dialogFrame, openModule, spread } from "./frames.js";
import { complain, tell } from "./notice.js";

const whichever = (error, value) => [error || value];

// What the devhost knows, and how the page's callback gets it.
const FACTS = {
  "auth.withToken": { what: "token", tell: (error, value) => [error, value] },
  "room.getRoomDetails": { what: "room", tell: whichever },
  "room.getParticipants": { what: "participants", tell: whichever },
  "user.getCurrentUser": { what: "user", tell: whichever },
};

async function fact(frame, { what, tell: told }, mid) {
  const query = new URLSearchParams({ ...viewer(), client_id: frame.client, what });
  try {
    frame.reply(mid, told(null, (await getJson(`/_devhost/bridge?${query}`)).value));
  } catch (error) {
    frame.reply(mid, told(error.message, null));
  }
}

async function openRoom(asked) {
  const { user, ...here } = viewer();
  const wanted = String(asked?.roomId || asked?.roomName || "");
  if (!wanted) {
    tell("An add-on wants to open a conversation with one person, which this page does not show.");
    return;
  }
  if (asked.message) {
    keepDraft(String(asked.message));
  }
  if (wanted === here.room) {
    appendMessage(String(asked.message || ""));
  } else {
    window.location.assign(`/?${new URLSearchParams({ room: wanted, user })}`);
  }
}

async function upload(given) {
  const file = String(given || "a file");
  try {
    await post("/page/event", { ...viewer(), event: "room_file_upload", file });
    tell(`An add-on uploaded ${file}.`);
  } catch (error) {
    complain(error);
  }
}

function missing(name) {
  return () => tell(`An add-on called ${name}, which this host does not do.`);
}

function updateDialog(frame, asked) {
  const dialog = frame.kind === "dialog" ? frame : dialogFrame();
  if (dialog && dialog.client === frame.client) {
    shape(dialog, { ...(asked?.options || {}), ...(asked?.title ? { title: asked.title } : {}) });
  }
}

function closeDialog(frame) {
  const dialog = frame.kind === "dialog" ? frame : dialogFrame();
  if (dialog && dialog.client === frame.client) {
    dialog.close();
  }
}

const ACTS = {
  "env.resize": (frame, width, height) => frame.fit(height),
  "dialog.open": (frame, asked) => openModule(spread(asked || {}, frame.client)),
  "dialog.update": updateDialog,
  "dialog.updatePrimaryAction": (frame, asked) => {
    updateDialog(frame, { options: { primaryAction: { ...(frame.options?.primaryAction || {}), ...(asked || {}) } } });
  },
  "dialog.close": closeDialog,
  "sidebar.openView": (frame, asked) => openModule(spread(asked || {}, frame.client)),
  "sidebar.closeView": () => closePanel(),
  "chat.focus": () => focusComposer(),
  "chat.appendMessage": (frame, text) => appendMessage(String(text || "")),
  "chat.addFileForUploadWithBase64": (frame, content, name) => upload(name),
  "room.open": (frame, asked) => openRoom(asked),
  "room.create": missing("room.create"),
  "room.invite": missing("room.invite"),
  "user.open": missing("user.open"),
  "file.openInFileViewer": missing("file.openInFileViewer"),
};

// The functions by module, as a frame is told them.
export function offered() {
  const api = {};
  for (const name of [...Object.keys(FACTS), ...Object.keys(ACTS)]) {
    const [module, fn] = name.split(".");
    api[module] = { ...api[module], [fn]: {} };
  }
  return api;
}

export function answer(frame, message) {
  const name = `${message.mod}.${message.fn}`;
  if (message.type === "init") {
    frame.hello();
  } else if (message.type === "event_query") {
    frame.registered = message.args || [];
  } else if (message.type === "resp") {
    frame.hear(message);
  } else if (message.type === "req" && Object.hasOwn(FACTS, name)) {
    fact(frame, FACTS[name], message.mid);
  } else if (message.type === "req" && Object.hasOwn(ACTS, name)) {
    ACTS[name](frame, ...(message.args || []));
  }
}
