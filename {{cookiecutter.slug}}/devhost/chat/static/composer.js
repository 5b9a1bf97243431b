// The message input: what is suggested, and what add-ons' pages put into it.
const DRAFT = "devhost-draft";

function input() {
  return document.getElementById("text");
}

export function focusComposer() {
  document.dispatchEvent(new CustomEvent("devhost:go", { detail: "chat" }));
  input()?.focus();
}

export function appendMessage(text) {
  const field = input();
  if (field) {
    field.value = field.value ? `${field.value} ${text}` : text;
    focusComposer();
  }
}

// Keeps a message for the room that opens next.
export function keepDraft(text) {
  sessionStorage.setItem(DRAFT, text);
}

export function startComposer() {
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-fill]");
    if (chip) {
      input().value = chip.dataset.fill;
      focusComposer();
    }
  });
  const draft = sessionStorage.getItem(DRAFT);
  sessionStorage.removeItem(DRAFT);
  if (draft) {
    appendMessage(draft);
  }
}
