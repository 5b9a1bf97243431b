// The log of requests: which ones are shown, and one of them whole.
import { get, getJson } from "./ask.js";
import { complain, tell } from "./notice.js";

function pane() {
  return document.getElementById("wire-entry");
}

async function open(button) {
  const reveal = button.dataset.reveal === "true";
  try {
    pane().innerHTML = await get(`/page/wire/${button.dataset.entry}?reveal=${reveal}`);
  } catch (error) {
    complain(error);
    return;
  }
  pane().hidden = false;
  pane().scrollTop = 0;
  document.dispatchEvent(new CustomEvent("devhost:go", { detail: "wire" }));
  for (const one of document.querySelectorAll("#wire [data-entry]")) {
    one.toggleAttribute("aria-current", one.dataset.entry === button.dataset.entry);
  }
  const again = pane().querySelector("[data-reveal]");
  (button.dataset.reveal ? again : pane()).focus();
}

function close() {
  pane().hidden = true;
  document.querySelector("#wire [aria-current]")?.focus();
}

// Copies the request whole, with the secrets that the page hides: without them the command would not run.
async function copy(button) {
  let whole;
  try {
    whole = await getJson(`/page/wire/${button.dataset.copy}/curl`);
  } catch (error) {
    complain(error);
    return;
  }
  try {
    await navigator.clipboard.writeText(whole.command);
    tell(whole.told, "good");
  } catch {
    const shown = document.getElementById("entry-curl");
    shown.textContent = whole.command;
    getSelection().selectAllChildren(shown);
    tell("The browser does not let this page copy: the whole command is selected, copy it by hand.");
  }
}

export function startWire() {
  document.addEventListener("click", (event) => {
    const entry = event.target.closest("[data-entry]");
    const copied = event.target.closest("[data-copy]");
    if (entry) {
      open(entry);
    } else if (copied) {
      copy(copied);
    } else if (event.target.closest("[data-close-entry]")) {
      close();
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.name === "wire-show") {
      document.getElementById("wire").dataset.show = event.target.value;
    }
  });
}
