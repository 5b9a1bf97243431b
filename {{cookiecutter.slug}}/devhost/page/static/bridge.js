// Answers the host's script in an add-on's page: facts come from the devhost, acts happen on this page.
import { getJson, post, viewer } from "./ask.js";
import { appendMessage, focusComposer, keepDraft } from "./composer.js";
import { shape } from "./dialogs.js";
import { closePanel, dialogFrame, openModule, spread } from "./frames.js";
import { complain, tell } from "./notice.js";

const FACTS = ["token", "room", "participants", "user"];

async function fact(frame, message) {
  const query = new URLSearchParams({ ...viewer(), client_id: frame.client, what: message.devhost });
  try {
    frame.reply(message.id, null, (await getJson(`/_devhost/bridge?${query}`)).value);
  } catch (error) {
    frame.reply(message.id, error.message, null);
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

async function upload(file) {
  try {
    await post("/page/event", { ...viewer(), event: "room_file_upload", file: String(file?.name || "file") });
    tell(`An add-on uploaded ${file?.name || "a file"}.`);
  } catch (error) {
    complain(error);
  }
}

function missing(name) {
  return () => tell(`An add-on called ${name}, which this host does not do.`);
}

const ACTS = {
  hello: (frame) => frame.hello(),
  height: (frame, height) => frame.fit(height),
  registered: (frame, names) => { frame.registered = names || []; },
  "open-module": (frame, asked) => openModule(spread(asked || {}, frame.client)),
  "update-dialog": (frame, asked) => {
    const dialog = frame.kind === "dialog" ? frame : dialogFrame();
    if (dialog && dialog.client === frame.client) {
      shape(dialog, { ...(asked?.options || {}), ...(asked?.title ? { title: asked.title } : {}) });
    }
  },
  "update-primary-action": (frame, asked) => {
    const primaryAction = { ...(frame.options?.primaryAction || {}), ...(asked || {}) };
    ACTS["update-dialog"](frame, { options: { primaryAction } });
  },
  "close-dialog": (frame) => {
    const dialog = frame.kind === "dialog" ? frame : dialogFrame();
    if (dialog && dialog.client === frame.client) {
      dialog.close();
    }
  },
  "close-view": () => closePanel(),
  focus: () => focusComposer(),
  "append-message": (frame, text) => appendMessage(String(text || "")),
  "open-room": (frame, asked) => openRoom(asked),
  "add-file": (frame, file) => upload(file),
  "create-room": missing("room.create"),
  invite: missing("room.invite"),
  "open-user": missing("user.open"),
  "open-file": missing("file.openInFileViewer"),
};

export function answer(frame, message) {
  if (FACTS.includes(message.devhost)) {
    fact(frame, message);
  } else if (Object.hasOwn(ACTS, message.devhost)) {
    ACTS[message.devhost](frame, message.data);
  }
}
