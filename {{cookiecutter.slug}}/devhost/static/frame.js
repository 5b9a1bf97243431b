// Answers the add-on's page in the frame: only that frame, and only to the add-on's origin.
(function () {
  "use strict";
  var frame = document.querySelector("iframe[data-bridge]");
  if (!frame) {
    return;
  }
  var origin = new URL(frame.src).origin;

  function answer(id, error, value) {
    frame.contentWindow.postMessage({ devhostAnswer: id, error: error, value: value }, origin);
  }

  window.addEventListener("message", function (event) {
    if (event.source !== frame.contentWindow || event.origin !== origin || !event.data || !event.data.devhost) {
      return;
    }
    var what = event.data.devhost;
    if (what === "token" || what === "room" || what === "participants" || what === "user") {
      fetch(frame.dataset.bridge + "&what=" + what)
        .then(function (response) {
          return response.json().then(function (body) {
            answer(event.data.id, response.ok ? null : body.error.message, response.ok ? body.value : null);
          });
        })
        .catch(function () { answer(event.data.id, "The devhost does not answer", null); });
    } else if (what === "close") {
      window.location.assign(frame.dataset.back);
    }
  });
}());
