// The host's script beside an add-on's page: it talks to the page that frames it, on the host that served this script.
(function () {
  "use strict";
  var BACKLOG = 20;
  var host = new URL(document.currentScript.src).origin;
  var waiting = {};
  var handlers = {};
  var early = [];
  var last = 0;

  function ask(what, data, callback) {
    last += 1;
    if (callback) {
      waiting[last] = callback;
    }
    window.parent.postMessage({ devhost: what, id: last, data: data === undefined ? null : data }, host);
  }

  function dispatch(name, value) {
    if (!handlers[name]) {
      early = early.concat([[name, value]]).slice(-BACKLOG);
      return;
    }
    handlers[name](value, function (close) {
      if (close !== false) {
        ask("close-dialog");
      }
    });
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || event.origin !== host || !event.data) {
      return;
    }
    var message = event.data;
    if (message.devhostAnswer && waiting[message.devhostAnswer]) {
      var callback = waiting[message.devhostAnswer];
      delete waiting[message.devhostAnswer];
      callback(message.error, message.value);
    } else if (message.devhostEvent) {
      dispatch(message.devhostEvent, message.value);
    }
  });

  function valueOf(what) {
    return function (callback) {
      ask(what, null, function (error, value) { callback(error || value); });
    };
  }

  function act(what) {
    return function (data) { ask(what, data); };
  }

  function register(events) {
    Object.keys(events).forEach(function (name) { handlers[name] = events[name]; });
    ask("registered", Object.keys(handlers));
    var kept = early;
    early = [];
    kept.forEach(function (one) { dispatch(one[0], one[1]); });
  }

  var api = {
    register: register,
    auth: { withToken: function (callback) { ask("token", null, callback); } },
    dialog: {
      open: act("open-module"),
      update: act("update-dialog"),
      updatePrimaryAction: act("update-primary-action"),
      close: act("close-dialog")
    },
    sidebar: { openView: act("open-module"), closeView: act("close-view") },
    chat: {
      focus: act("focus"),
      appendMessage: act("append-message"),
      addFileForUploadWithBase64: function (content, name) { ask("add-file", { name: name }); }
    },
    room: {
      getRoomDetails: valueOf("room"),
      getParticipants: valueOf("participants"),
      open: act("open-room"),
      create: function (name) { ask("create-room", { name: name }); },
      invite: act("invite")
    },
    user: { getCurrentUser: valueOf("user"), open: act("open-user") },
    file: { openInFileViewer: act("open-file") }
  };
  window.HipChat = api;
  window.AP = api;
  ask("hello");

  // A frame that stands on a page of the host becomes as high as what is in it.
  new ResizeObserver(function () {
    ask("height", Math.ceil(document.documentElement.getBoundingClientRect().height));
  }).observe(document.documentElement);
}());
