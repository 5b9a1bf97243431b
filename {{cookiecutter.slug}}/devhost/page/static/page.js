// Starts a page that has no more to do than to look as it should.
import { dress, fold } from "./dress.js";

dress(document);
fold();
document.body.dataset.ready = "yes";
