// The host's script beside an add-on's page: it talks to the page that frames it.
(function () {
  "use strict";
  var waiting = {};
  var handlers = {};
  var last = 0;

  function ask(what, data, callback) {
    last += 1;
    if (callback) {
      waiting[last] = callback;
    }
    window.parent.postMessage({ devhost: what, id: last, data: data === undefined ? null : data }, "*");
  }

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || !event.data) {
      return;
    }
    var message = event.data;
    if (message.devhostAnswer && waiting[message.devhostAnswer]) {
      var callback = waiting[message.devhostAnswer];
      delete waiting[message.devhostAnswer];
      callback(message.error, message.value);
    } else if (message.devhostEvent && handlers[message.devhostEvent]) {
      handlers[message.devhostEvent](message.value, function (close) {
        if (close !== false) {
          ask("close");
        }
      });
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

  var api = {
    register: function (events) {
      Object.keys(events).forEach(function (name) { handlers[name] = events[name]; });
    },
    auth: { withToken: function (callback) { ask("token", null, callback); } },
    dialog: {
      open: act("open-dialog"),
      update: act("update-dialog"),
      updatePrimaryAction: act("update-primary-action"),
      close: act("close")
    },
    sidebar: { openView: act("open-view"), closeView: act("close") },
    chat: {
      focus: act("focus"),
      appendMessage: act("append-message"),
      addFileForUploadWithBase64: act("add-file")
    },
    room: {
      getRoomDetails: valueOf("room"),
      getParticipants: valueOf("participants"),
      open: act("open-room"),
      create: act("create-room"),
      invite: act("invite")
    },
    user: { getCurrentUser: valueOf("user"), open: act("open-user") },
    file: { openInFileViewer: act("open-file") }
  };
  window.HipChat = api;
  window.AP = api;
}());
