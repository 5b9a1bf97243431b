// What the script of an add-on's page may ask a site for, by module and function. Where a name has three parts, the one in
// the middle is a class, and `constructor` makes one of it.
import { get, getJson } from "/static/ask.js";
import { complain, tell } from "/static/notice.js";
import { SiteFrame, living } from "./site-frame.js";

const here = document.body.dataset;

export function place() {
  const { site, user, issue = "", page = "" } = here;
  return { site, user, ...(issue && { issue }), ...(page && { page }) };
}

function queryOf(frame) {
  const { addon, module, kind } = frame.root.dataset;
  return { ...place(), addon, key: module, kind };
}

async function fact(frame, what) {
  return (await getJson(`/_devhost/sites/facts?${new URLSearchParams({ ...queryOf(frame), what })}`)).value;
}

async function openDialog(frame, asked) {
  const query = new URLSearchParams({ ...queryOf(frame), key: String(asked.key || ""), kind: "" });
  query.set("data", JSON.stringify(asked.customData && typeof asked.customData === "object" ? asked.customData : {}));
  await showDialog(query, { opener: frame, customData: asked.customData, title: asked.header });
}

export async function showDialog(query, { opener = null, customData = null, title = "" } = {}) {
  const template = document.createElement("template");
  template.innerHTML = await get(`/page/sites/frame?${query}`);
  const root = template.content.querySelector("dialog");
  const before = document.activeElement;
  document.body.append(root);
  const made = new SiteFrame(root, offered(), { opener, customData });
  if (title) {
    root.querySelector("h2").textContent = title;
  }
  root.querySelector("[data-close]").addEventListener("click", () => closeDialog(made));
  // However it was closed: by a script, the button, or a key.
  root.addEventListener("close", () => {
    root.remove();
    before?.focus?.();
    opener?.say("dialog.close", made.closedWith);
  });
  root.showModal();
  made.start();
}

function closeDialog(frame, data) {
  const dialog = frame.isDialog ? frame : living().findLast((one) => one.isDialog);
  if (dialog) {
    dialog.closedWith = data;
    dialog.root.close();
  }
}

// Calls the site as who looks, in the scopes of the add-on; the token for that stays on this page.
async function request(frame, first, second) {
  const asked = typeof first === "string" ? { ...second, url: first } : first || {};
  const { url, type = "GET", data, contentType = "application/json" } = asked;
  if (!String(url).startsWith("/")) {
    throw new Error("AP.request takes a path of the site, such as /rest/api/3/myself.");
  }
  const authorization = `Bearer ${await fact(frame, "request")}`;
  const body = data === undefined || typeof data === "string" ? data : JSON.stringify(data);
  const headers = body === undefined ? { authorization } : { authorization, "Content-Type": contentType };
  const response = await fetch(`/${here.site}${url}`, { method: type, headers, body });
  const text = await response.text();
  const xhr = { status: response.status, statusText: response.statusText, responseText: text };
  if (!response.ok) {
    throw { xhr, err: text }; // eslint-disable-line no-throw-literal -- it crosses to another window
  }
  return { body: text, xhr };
}

function go(target, context = {}) {
  const start = `/${here.site}`;
  if (target === "issue" && context.issueKey) {
    window.location.assign(`${start}/browse/${encodeURIComponent(context.issueKey)}?user=${here.user}`);
  } else if (target === "addonModule" && context.addonKey && context.moduleKey) {
    const named = [context.addonKey, context.moduleKey].map(encodeURIComponent).join("/");
    const data = Object.entries(context.customData || {}).map(([name, value]) => [`ac.${name}`, String(value)]);
    window.location.assign(`${start}/plugins/servlet/ac/${named}?${new URLSearchParams([["user", here.user], ...data])}`);
  } else {
    tell(`An add-on wants to go to ${target}, which this site does not have.`);
  }
}

// Everybody of the same add-on hears it, the frame that says it too.
function emit(frame, name, ...values) {
  living().filter((one) => one.addon === frame.addon).forEach((one) => one.say(String(name), values));
}

function emitPublic(frame, name, ...values) {
  const sender = { addonKey: frame.addon, key: frame.root.dataset.module, options: {} };
  living().forEach((one) => one.say(String(name), { sender, event: values }));
}

function showFlag(_frame, asked) {
  tell([asked?.title, asked?.body].filter(Boolean).join(": ") || "A flag without words.");
}

const sizes = {
  sizeToParent: (frame) => frame.fill(),
  hideFooter: () => {},
};

// What is answered: the value of a promise.
const QUESTIONS = {
  "_globals.request": request,
  "_globals.getLocation": () => window.location.href,
  "context.getToken": (frame) => fact(frame, "token"),
  "context.getContext": (frame) => fact(frame, "context"),
  "user.getCurrentUser": (frame) => fact(frame, "user"),
  "user.getLocale": () => "en_US",
  "user.getTimeZone": () => Intl.DateTimeFormat().resolvedOptions().timeZone,
  "dialog.getCustomData": (frame) => frame.customData,
  "env.getLocation": () => window.location.href,
  "navigator.getLocation": () => ({ target: document.title, context: place() }),
};
const ACTS = {
  "_globals.sizeToParent": sizes.sizeToParent,
  "_globals.hideFooter": sizes.hideFooter,
  "env.resize": (frame, width, height) => frame.fit(parseInt(height, 10)),
  "env.sizeToParent": sizes.sizeToParent,
  "env.hideFooter": sizes.hideFooter,
  "dialog.create.constructor": (frame, asked) => openDialog(frame, asked || {}),
  "dialog.getButton.constructor": () => {},
  "dialog.close": closeDialog,
  "events.emit": emit,
  "events.emitPublic": emitPublic,
  "flag.create.constructor": showFlag,
  "flag.create.close": () => {},
  "navigator.go": (_frame, target, context) => go(target, context),
  "navigator.reload": () => window.location.reload(),
  "jira.refreshIssuePage": () => window.location.reload(),
};

// The functions by module, as a frame is told them.
export function offered() {
  const api = {};
  for (const name of [...Object.keys(QUESTIONS), ...Object.keys(ACTS)]) {
    const path = name.split(".");
    const fn = path.pop();
    let module = api;
    for (const part of path) {
      module = module[part] ??= {};
    }
    module[fn] = { args: [], returnsPromise: Object.hasOwn(QUESTIONS, name) };
  }
  return api;
}

async function called(frame, { mod, fn, mid, args, _cls: cls }) {
  const name = [mod, cls, fn].filter(Boolean).join(".");
  try {
    if (Object.hasOwn(QUESTIONS, name)) {
      frame.resolve(mid, await QUESTIONS[name](frame, ...(args || [])));
    } else if (Object.hasOwn(ACTS, name)) {
      await ACTS[name](frame, ...(args || []));
    }
  } catch (error) {
    frame.reject(mid, error instanceof Error ? error.message : error);
    if (error instanceof Error) {
      complain(error);
    }
  }
}

// Answers a message of a frame; what is not known here, such as clicks in it, no site has to answer.
export function answer(frame, message) {
  if (message.type === "init") {
    frame.hello();
  } else if (message.type === "req") {
    called(frame, message);
  } else if (message.type === "broadcast") {
    living().filter((one) => one !== frame && one.addon === frame.addon).forEach((one) => one.say(message.etyp, message.evnt));
  }
}
