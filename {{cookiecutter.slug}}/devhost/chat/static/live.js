// Keeps the page up to date: events say what changed, and the pieces which that concerns are asked for again.
import { get, post, viewer } from "./ask.js";
import { tellFrames } from "./frames.js";
import { tell } from "./notice.js";
import { remember, swap } from "./swap.js";

const PAUSE = 120; // milliseconds between two renderings of one piece
const NEAR_END = 80; // pixels
const KINDS = ["message", "glance", "installation", "wire", "fault", "delivery"];
const running = new WeakMap();

function addressOf(place) {
  return place.dataset.pieceUrl || `/page/piece/${place.dataset.piece}?${document.body.dataset.query}`;
}

function atEnd(place) {
  return place.scrollHeight - place.scrollTop - place.clientHeight < NEAR_END;
}

async function refresh(place) {
  const state = running.get(place);
  if (state) {
    state.again = true;
    return;
  }
  running.set(place, { again: false });
  try {
    const html = await get(addressOf(place));
    const stay = "follow" in place.dataset && atEnd(place);
    swap(place, html);
    if (stay) {
      place.scrollTop = place.scrollHeight;
    }
    if (place.id === "banner") {
      markBroken();
    }
  } catch {
    // The connection for events says so already, and everything is asked for again when it is back.
  }
  setTimeout(() => {
    const { again } = running.get(place);
    running.delete(place);
    if (again && place.isConnected) {
      refresh(place);
    }
  }, PAUSE);
}

function places() {
  return [...document.querySelectorAll("[data-piece], [data-piece-url]")];
}

function refreshFor(kind) {
  for (const place of places()) {
    if (place.dataset.on.split(" ").includes(kind)) {
      refresh(place);
    }
  }
}

// Shows which of the things to break are on.
function markBroken() {
  const broken = document.querySelector("#banner [data-broken]").dataset.broken.split(" ");
  for (const card of document.querySelectorAll("[data-breakage]")) {
    card.querySelector(".on").hidden = !broken.includes(card.dataset.breakage);
  }
}

function loadGlances() {
  post("/page/glances", viewer()).catch(() => {});
}

function listen() {
  const source = new EventSource(`/page/events?${document.body.dataset.query}`);
  let lost = false;
  source.addEventListener("open", () => {
    if (lost) {
      tell("The devhost is back.", "good");
      places().forEach(refresh);
    }
    lost = false;
    loadGlances();
  });
  source.addEventListener("error", () => {
    if (!lost) {
      tell("The devhost does not answer. This page tries again by itself.", "bad");
    }
    lost = true;
  });
  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      const data = JSON.parse(event.data);
      refreshFor(kind);
      if (kind === "installation") {
        loadGlances();
      }
      tellFrames(kind, data);
    });
  }
}

// Stays at the end when the place itself becomes smaller, unless the person has scrolled away.
function follow(place) {
  let end = true;
  place.scrollTop = place.scrollHeight;
  place.addEventListener("scroll", () => { end = atEnd(place); });
  new ResizeObserver(() => {
    if (end) {
      place.scrollTop = place.scrollHeight;
    }
  }).observe(place);
}

export function startLive() {
  for (const place of places()) {
    remember(place);
    if ("follow" in place.dataset) {
      follow(place);
    }
  }
  markBroken();
  listen();
}
