// A site's script beside an add-on's page. The messages are those of simple-xdm, on which the script of the real products
// is built: the page that frames this one wrote into the frame's name which functions it has.
(function () {
  "use strict";
  var script = document.currentScript;
  var host = new URL(script.src).origin;
  var told = readName();
  var waiting = {};
  var listeners = {};
  var publicListeners = {};
  var last = 0;

  function readName() {
    try {
      var found = JSON.parse(window.name);
      return found.origin === host && window.parent !== window ? found : {};
    } catch (error) {
      return {}; // opened in a tab of its own
    }
  }

  function send(message) {
    if (told.extension_id) {
      message.eid = told.extension_id;
      window.parent.postMessage(message, host);
    }
  }

  function method(module, name, spec, instance) {
    return function () {
      var args = Array.prototype.slice.call(arguments);
      var message = { type: "req", mod: module, fn: name };
      var callback = typeof args[args.length - 1] === "function" ? args.pop() : null;
      var answer;
      if (instance) {
        message._cls = instance.cls;
        message._id = instance.id;
      }
      if (callback || spec.returnsPromise) {
        last += 1;
        message.mid = String(last);
        answer = new Promise(function (resolve, reject) {
          waiting[message.mid] = function (error, value) { return error === undefined ? resolve(value) : reject(error); };
        });
      }
      // Functions inside arguments cannot cross to another window.
      message.args = JSON.parse(JSON.stringify(args));
      send(message);
      if (callback) {
        answer.then(callback, function () {});
        return undefined;
      }
      return answer;
    };
  }

  function classOf(module, name, spec) {
    return function () {
      last += 1;
      var made = {};
      Object.keys(spec).forEach(function (fn) {
        made[fn] = method(module, fn, spec[fn], { cls: name, id: String(last) });
      });
      made.constructor.apply(null, arguments);
      return made;
    };
  }

  function built(module, spec) {
    var found = {};
    Object.keys(spec).forEach(function (name) {
      var isClass = Object.prototype.hasOwnProperty.call(spec[name], "constructor");
      found[name] = isClass ? classOf(module, name, spec[name]) : method(module, name, spec[name], null);
    });
    return found;
  }

  function hear(name, value) {
    var isPublic = value && value.event && value.sender;
    var values = isPublic ? value.event : Array.isArray(value) ? value : [value];
    ((isPublic ? publicListeners : listeners)[name] || []).slice().forEach(function (one) {
      one.apply(null, values);
    });
  }

  window.addEventListener("message", function (event) {
    var message = event.data;
    if (event.source !== window.parent || event.origin !== host || !message) {
      return;
    }
    if (message.type === "resp" && message.forPlugin && waiting[message.mid]) {
      waiting[message.mid].apply(null, message.args);
      delete waiting[message.mid];
    } else if (message.type === "evt") {
      hear(message.etyp, message.evnt);
    }
  });

  function on(heard, name, listener) {
    heard[name] = (heard[name] || []).concat([listener]);
  }

  function off(heard, name, listener) {
    heard[name] = (heard[name] || []).filter(function (one) { return one !== listener; });
  }

  function once(heard, name, listener) {
    on(heard, name, function told() {
      off(heard, name, told);
      listener.apply(null, arguments);
    });
  }

  function offAll(heard, name) {
    delete heard[name];
  }

  var AP = {};
  Object.keys(told.api || {}).forEach(function (module) {
    var found = built(module, told.api[module]);
    if (module === "_globals") {
      Object.assign(AP, found);
    } else {
      AP[module] = found;
    }
  });

  Object.entries({ on: on, once: once, off: off, offAll: offAll }).forEach(function (pair) {
    AP.events = AP.events || {};
    AP.events[pair[0]] = pair[1].bind(null, listeners);
    AP.events[pair[0] + "Public"] = pair[1].bind(null, publicListeners);
  });

  function measured() {
    var content = document.querySelector(".ac-content") || document.documentElement;
    return Math.ceil(content.getBoundingClientRect().height);
  }

  function options() {
    var element = document.getElementById("ac-iframe-options") || script;
    var found = {};
    (element.getAttribute("data-options") || "").split(";").forEach(function (part) {
      var pair = part.split(":");
      if (pair[0].trim()) {
        found[pair[0].trim()] = (pair[1] || "").trim();
      }
    });
    return found;
  }

  // What the real script adds to the functions of the products.
  AP.resize = function (width, height) {
    if (AP.env) {
      AP.env.resize(width || "100%", parseInt(height, 10) || measured());
    }
  };
  if (AP.dialog) {
    var create = AP.dialog.create;
    var button = AP.dialog.getButton;
    AP.dialog.create = function (asked) {
      var made = create(asked);
      made.on = function (name, listener) { on(listeners, "dialog." + name, listener); };
      return made;
    };
    AP.dialog.getButton = function (name) {
      var made = button(name);
      made.bind = function (act) { on(listeners, "dialog." + name, act); };
      return made;
    };
    AP.dialog.disableCloseOnSubmit = function () {};
  }
  if (AP.request) {
    var request = AP.request;
    AP.request = function (url, given) {
      var asked = typeof url === "string" ? given || {} : url;
      var answer = request(url, given);
      answer.then(
        function (found) { (asked.success || function () {})(found.body, "success", found.xhr); },
        function (error) { (asked.error || function () {})(error.xhr, "error", error.err); }
      );
      return answer;
    };
  }
  window.AP = AP;

  send({ type: "init" });
  send({ type: "event_query", args: ["_any"] });
  var chosen = options();
  if (chosen.sizeToParent === "true" && AP.env) {
    AP.env.sizeToParent();
  } else if (chosen.resize !== "false" && told.options && told.options.autoresize) {
    new ResizeObserver(function () { AP.resize(); }).observe(document.documentElement);
  }
}());
