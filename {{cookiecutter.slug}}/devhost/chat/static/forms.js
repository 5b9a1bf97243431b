// Sends the forms that stay on the page, and puts the answer where the form says.
import { post } from "./ask.js";
import { complain, tell } from "./notice.js";
import { remember } from "./swap.js";

function show(form, html) {
  const place = document.getElementById(form.dataset.into);
  if (place && html) {
    place.innerHTML = html;
    place.querySelectorAll("[data-piece-url]").forEach(remember);
    document.dispatchEvent(new CustomEvent("devhost:go", { detail: "break" }));
    place.scrollIntoView({ block: "nearest" });
  }
}

// Gives back what was typed when it could not be sent, before whatever was typed since.
function giveBack(typed) {
  for (const { id, value } of typed) {
    const field = document.getElementById(id);
    if (field) {
      field.value = field.value ? `${value} ${field.value}` : value;
    }
  }
}

async function send(form, button) {
  const fields = new FormData(form, button);
  const typed = [...form.querySelectorAll("input[id]")].map(({ id, value }) => ({ id, value }));
  const action = button && button.hasAttribute("formaction") ? button.formAction : form.action;
  const told = (button && button.dataset.told) || form.dataset.told;
  if ("reset" in form.dataset) {
    form.reset();
  }
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await post(action, fields);
    if (form.dataset.into) {
      show(form, await answer.text());
    }
    if (told) {
      tell(told, "good");
    }
    form.closest("details.menu")?.removeAttribute("open");
  } catch (error) {
    if ("reset" in form.dataset) {
      giveBack(typed);
    }
    complain(error);
  } finally {
    form.removeAttribute("aria-busy");
  }
}

// Enter in a knob means the knob's own button, not the form's first one.
function ownButton(event) {
  const card = event.target.closest?.("[data-breakage]");
  if (event.key === "Enter" && card && event.target.matches("input")) {
    event.preventDefault();
    card.querySelector("button").click();
  }
}

export function startForms() {
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-quiet]")) {
      event.preventDefault();
      send(event.target, event.submitter);
    }
  });
  document.addEventListener("keydown", ownButton);
}
