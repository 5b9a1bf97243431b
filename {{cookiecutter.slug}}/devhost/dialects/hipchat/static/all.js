// The host's script beside an add-on's page: it talks to the page that frames it, on the host that served this script.
// The messages are those of simple-xdm, the library under the scripts of Connect hosts.
(function () {
  "use strict";
  var BACKLOG = 20;
  var MODULES = {
    auth: ["withToken"],
    dialog: ["open", "update", "updatePrimaryAction", "close"],
    sidebar: ["openView", "closeView"],
    chat: ["focus", "appendMessage", "addFileForUploadWithBase64"],
    room: ["getRoomDetails", "getParticipants", "open", "create", "invite"],
    user: ["getCurrentUser", "open"],
    file: ["openInFileViewer"]
  };
  var host = new URL(document.currentScript.src).origin;
  var frame = readName();
  var waiting = {};
  var handlers = {};
  var early = [];
  var last = 0;

  function readName() {
    try {
      return JSON.parse(window.name).extension_id;
    } catch (error) {
      return null;
    }
  }

  function send(message) {
    if (frame) {
      message.eid = frame;
      window.parent.postMessage(message, host);
    }
  }

  function ask(module, name, given) {
    var message = { type: "req", mod: module, fn: name, args: given };
    if (typeof given[given.length - 1] === "function") {
      last += 1;
      message.mid = String(last);
      waiting[message.mid] = given[given.length - 1];
      message.args = given.slice(0, -1);
    }
    send(message);
  }

  function dispatch(event) {
    if (!handlers[event.etyp]) {
      early = early.concat([event]).slice(-BACKLOG);
      return;
    }
    handlers[event.etyp](event.evnt, function () {
      if (event.mid) {
        send({ type: "resp", mid: event.mid, args: Array.prototype.slice.call(arguments) });
      }
    });
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.origin !== host || !event.data) {
      return;
    }
    var message = event.data;
    if (message.type === "resp" && message.forPlugin && waiting[message.mid]) {
      var callback = waiting[message.mid];
      delete waiting[message.mid];
      callback.apply(window, message.args);
    } else if (message.type === "evt") {
      dispatch(message);
    }
  });

  var api = {
    register: function (events) {
      Object.keys(events).forEach(function (name) { handlers[name] = events[name]; });
      send({ type: "event_query", args: Object.keys(handlers) });
      var kept = early;
      early = [];
      kept.forEach(dispatch);
    }
  };
  Object.keys(MODULES).forEach(function (module) {
    api[module] = {};
    MODULES[module].forEach(function (name) {
      api[module][name] = function () { ask(module, name, Array.prototype.slice.call(arguments)); };
    });
  });
  window.HipChat = api;
  window.AP = api;
  send({ type: "init" });

  // A frame that stands on a page of the host becomes as high as what is in it.
  new ResizeObserver(function () {
    ask("env", "resize", ["100%", Math.ceil(document.documentElement.getBoundingClientRect().height)]);
  }).observe(document.documentElement);
}());
