// One page of an add-on in its frame: what it is told, and why it stays empty when it does.
import { post, viewer } from "./ask.js";
import { offered } from "./bridge.js";

const SLOW = 8000; // milliseconds until a frame without content is suspicious
const HIGHEST = 5000; // pixels; a page that grows without end stops here
const SILENT = 2500; // milliseconds until a page whose script says nothing is asked for again by the devhost

export class Frame {
  constructor(root, click) {
    this.root = root;
    this.click = click;
    this.iframe = root.querySelector("iframe");
    this.origin = new URL(this.iframe.dataset.src).origin;
    // A name for this one frame, which no other page can know.
    this.id = `${root.dataset.addon}__${root.dataset.key || this.kind}__${crypto.randomUUID()}`;
    this.registered = [];
    this.asked = new Map();
    this.loaded = false;
    this.heard = false;
  }

  get kind() {
    return this.root.dataset.kind;
  }

  get client() {
    return this.root.dataset.client;
  }

  start() {
    const { id: extension_id, root } = this;
    const options = { autoresize: root.classList.contains("framed") };
    // Browsers read a frame's name when it is put into the page, and not later.
    const named = this.iframe.cloneNode();
    named.name = JSON.stringify({ extension_id, api: offered(), origin: window.location.origin, options });
    named.addEventListener("load", () => {
      this.loaded = true;
      root.classList.add("loaded");
      setTimeout(() => this.heard || this.examine(), SILENT);
    });
    named.src = named.dataset.src;
    this.iframe.replaceWith(named);
    this.iframe = named;
    setTimeout(() => this.loaded || this.heard || this.examine(), SLOW);
  }

  // The browser does not tell why a frame stays empty; the devhost asks for the same page and says what it got.
  async examine() {
    if (!this.root.isConnected || this.heard) {
      return;
    }
    const asked = { ...viewer(), ...this.click, client_id: this.client, kind: this.kind, key: this.root.dataset.key };
    let problem = "";
    try {
      ({ problem } = await (await post("/page/frame/check", asked)).json());
    } catch (error) {
      problem = error.message;
    }
    if (!problem && !this.loaded) {
      problem = `Nothing was loaded from ${this.origin} in ${SLOW / 1000} seconds, though the add-on answers the devhost.`;
    }
    if (problem && this.root.isConnected && !this.heard) {
      this.complain(problem);
    }
  }

  complain(problem) {
    const note = this.root.querySelector(".frame-problem") || document.createElement("p");
    note.className = "frame-problem problem";
    note.setAttribute("role", "alert");
    note.textContent = problem;
    this.root.querySelector(".frame-place").before(note);
  }

  send(message) {
    this.iframe.contentWindow?.postMessage(message, this.origin);
  }

  // Tells the page of an event; with `heard` the page is asked for an answer.
  say(etyp, evnt, heard) {
    const message = { type: "evt", etyp, evnt };
    if (heard) {
      message.mid = crypto.randomUUID();
      this.asked.set(message.mid, heard);
    }
    this.send(message);
  }

  hear({ mid, args }) {
    const heard = this.asked.get(mid);
    this.asked.delete(mid);
    heard?.(...(args || []));
  }

  reply(mid, args) {
    this.send({ type: "resp", mid, forPlugin: true, args });
  }

  // The page's script is there: hand over what the opening brought along.
  hello() {
    this.heard = true;
    this.root.classList.add("loaded");
    this.root.querySelector(".frame-problem")?.remove();
    this.send({ type: "init_received" });
    const parameters = JSON.parse(this.root.dataset.parameters || "null");
    if (parameters !== null) {
      this.say(this.root.dataset.event, parameters);
    }
  }

  // Only a frame on a page of its own has room to grow; panels and dialogs scroll.
  fit(height) {
    if (this.root.classList.contains("framed") && height > 0) {
      this.root.querySelector(".frame-place").style.height = `${Math.min(Number(height), HIGHEST)}px`;
    }
  }

  close() {
    if (this.kind === "dialog") {
      this.root.close();
    }
  }
}
