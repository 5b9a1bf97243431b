// Starts the page: each part of it has a module of its own.
import { startComposer } from "./composer.js";
import { dress, fold } from "./dress.js";
import { startForms } from "./forms.js";
import { startFrames } from "./frames.js";
import { startLive } from "./live.js";
import { startMenus } from "./menus.js";
import { startViews } from "./views.js";
import { startWire } from "./wire.js";

fold();
startForms();
startMenus();
startFrames();
if (document.body.dataset.query) {
  startComposer();
  startViews();
  startWire();
  startLive();
} else {
  dress(document);
}
document.body.dataset.ready = "yes";
