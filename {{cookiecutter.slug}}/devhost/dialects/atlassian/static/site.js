// Shows add-ons' pages on a site, lets the bridge answer them, and follows what changes.
import { get } from "/static/ask.js";
import { complain } from "/static/notice.js";
import { answer, offered, place, showDialog } from "./site-bridge.js";
import { SiteFrame, living } from "./site-frame.js";

// A glance's page is asked for when it is opened, as the product does.
function openGlance(details) {
  const template = details.querySelector("template");
  if (details.open && template) {
    template.replaceWith(template.content);
    new SiteFrame(details.querySelector("[data-site-frame]"), offered()).start();
  }
}

async function follow() {
  const fresh = new DOMParser().parseFromString(await get(window.location.href), "text/html");
  for (const part of document.querySelectorAll("[data-follow-site]")) {
    const other = fresh.getElementById(part.id);
    if (other && other.innerHTML !== part.innerHTML) {
      part.innerHTML = other.innerHTML;
    }
  }
}

for (const root of document.querySelectorAll("[data-site-frame]")) {
  new SiteFrame(root, offered()).start();
}
for (const details of document.querySelectorAll("aside details")) {
  details.addEventListener("toggle", () => openGlance(details));
}
window.addEventListener("message", (event) => {
  const frame = living().find((one) => one.hears(event));
  if (frame) {
    answer(frame, event.data);
  }
});
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-site-dialog]");
  if (opener) {
    event.preventDefault();
    const { addon, module } = opener.dataset;
    showDialog(new URLSearchParams({ ...place(), addon, key: module })).catch(complain);
  }
});
if (document.querySelector("[data-follow-site]")) {
  const source = new EventSource("/page/changes");
  for (const kind of ["site", "delivery"]) {
    source.addEventListener(kind, () => follow().catch(() => {}));
  }
}
document.body.dataset.siteReady = "yes";
