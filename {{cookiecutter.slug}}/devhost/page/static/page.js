// Starts a page that has no more to do than to look as it should.
import { dress } from "./dress.js";

dress(document);
document.body.dataset.ready = "yes";
