// Lets a page speak with the host that frames it. It stands for the host's own script, which is not loaded: pages of
// all tenants share one origin, and a script of one tenant's host could read the page tokens of the others.
//
// It speaks the messages of simple-xdm, on which the scripts of Connect hosts are built. The host writes into the name
// of the frame which functions it has; they appear here by module, as `host.module.function(...)`. A function at the
// end of the arguments is called with the answer.
//
//   data-names   what `host` is called in pages, separated by spaces
//   data-hosts   the origins it may speak to; a frame in any other stays silent
//
//   register({event: (value, answer) => ...})   hear what the host tells; some events want an answer
(() => {
  "use strict";
  const BACKLOG = 20;
  const { names = "", hosts = "" } = document.currentScript.dataset;
  const waiting = new Map();
  const handlers = new Map();
  let early = [];
  let last = 0;

  function readName() {
    try {
      const told = JSON.parse(window.name);
      return window.parent !== window && hosts.split(" ").includes(told.origin) ? told : null;
    } catch {
      return null; // opened in a tab of its own
    }
  }

  const told = readName();

  function send(message) {
    if (told) window.parent.postMessage({ eid: told.extension_id, ...message }, told.origin);
  }

  function ask(mod, fn, given) {
    const args = [...given];
    const message = { type: "req", mod, fn };
    if (typeof args.at(-1) === "function") {
      last += 1;
      message.mid = `answer-${last}`;
      waiting.set(message.mid, args.pop());
    }
    // What cannot be sent to another window, such as functions, is left out.
    send({ ...message, args: JSON.parse(JSON.stringify(args)) });
  }

  function dispatch({ etyp, evnt, mid }) {
    if (handlers.has(etyp)) {
      handlers.get(etyp)(evnt, (...args) => mid && send({ type: "resp", mid, args }));
    } else {
      early = [...early, { etyp, evnt, mid }].slice(-BACKLOG);
    }
  }

  function register(events) {
    for (const [name, handler] of Object.entries(events)) handlers.set(name, handler);
    send({ type: "event_query", args: [...handlers.keys()] });
    const kept = early;
    early = [];
    kept.forEach(dispatch);
  }

  function answer({ mid, forPlugin, args }) {
    const callback = waiting.get(mid);
    if (!forPlugin || !callback) return;
    waiting.delete(mid);
    callback(...args);
  }

  window.addEventListener("message", (event) => {
    if (!told || event.source !== window.parent || event.origin !== told.origin) return;
    if (event.data?.type === "resp") answer(event.data);
    else if (event.data?.type === "evt") dispatch(event.data);
  });

  function offered() {
    const modules = Object.entries(told?.api ?? {}).map(([mod, functions]) => [
      mod,
      Object.fromEntries(Object.keys(functions).map((fn) => [fn, (...args) => ask(mod, fn, args)])),
    ]);
    const { _globals: globals = {}, ...rest } = Object.fromEntries(modules);
    return { ...globals, ...rest, register };
  }

  const host = offered();
  for (const name of names.split(" ").filter(Boolean)) window[name] = host;
  send({ type: "init" });

  if (told?.api?.env?.resize) {
    // A frame that stands on a page of the host becomes as high as what is in it.
    new ResizeObserver(() => {
      host.env.resize("100%", Math.ceil(document.documentElement.getBoundingClientRect().height));
    }).observe(document.documentElement);
  }
})();
