// One page of an add-on in its frame on a site: it is spoken with in the messages of simple-xdm, as the products do.
const HIGHEST = 5000; // pixels; a page that grows without end stops here
const frames = new Set();

// The frames that are on the page now.
export function living() {
  for (const frame of frames) {
    if (!frame.root.isConnected) {
      frames.delete(frame);
    }
  }
  return [...frames];
}

export class SiteFrame {
  // `api` says which functions the page's script may call, by module.
  constructor(root, api, { opener = null, customData = null } = {}) {
    this.root = root;
    this.api = api;
    this.opener = opener;
    this.customData = customData;
    this.iframe = root.querySelector("iframe");
    this.origin = new URL(this.iframe.dataset.src).origin;
    // A name for this one frame, which no other page can know.
    this.id = `${this.addon}__${root.dataset.module}__${crypto.randomUUID()}`;
  }

  get addon() {
    return this.root.dataset.addon;
  }

  get isDialog() {
    return this.root.matches("dialog");
  }

  start() {
    frames.add(this);
    const options = {
      autoresize: !this.isDialog,
      isDialog: this.isDialog,
      moduleType: this.root.dataset.kind,
      customData: this.customData,
      hostOrigin: window.location.origin,
      hostFrameOffset: 1,
      globalOptions: {},
    };
    const told = { extension_id: this.id, api: this.api, origin: window.location.origin, options };
    // Browsers read a frame's name when it is put into the page, and not later.
    const named = this.iframe.cloneNode();
    named.name = JSON.stringify(told);
    named.addEventListener("load", () => this.root.classList.add("loaded"));
    named.src = named.dataset.src;
    this.iframe.replaceWith(named);
    this.iframe = named;
  }

  hears(event) {
    return event.source === this.iframe.contentWindow && event.origin === this.origin && event.data?.eid === this.id;
  }

  send(message) {
    this.iframe.contentWindow?.postMessage(message, this.origin);
  }

  // Tells the page of an event; a list are the arguments of its listeners.
  say(etyp, evnt) {
    this.send({ type: "evt", etyp, evnt });
  }

  // What answers a promise: nothing was wrong, and the value.
  resolve(mid, value) {
    this.send({ type: "resp", mid, forPlugin: true, args: [undefined, value ?? null] });
  }

  reject(mid, error) {
    this.send({ type: "resp", mid, forPlugin: true, args: [error] });
  }

  hello() {
    this.root.classList.add("loaded");
    this.send({ type: "init_received" });
  }

  fit(height) {
    if (!this.isDialog && !this.root.classList.contains("filled") && height > 0) {
      this.root.querySelector(".frame-place").style.height = `${Math.min(Number(height), HIGHEST)}px`;
    }
  }

  fill() {
    this.root.classList.add("filled");
  }
}
