// Tells the person something in the corner of the page.
const SECONDS = 6;

export function tell(text, tone = "plain") {
  const place = document.getElementById("notices");
  const note = document.createElement("p");
  note.className = `notice ${tone}`;
  note.textContent = text;
  // A modal dialog covers everything outside it.
  (document.querySelector("dialog[open]") || place).append(note);
  setTimeout(() => note.remove(), SECONDS * 1000);
}

export function complain(error) {
  tell(error.message, "bad");
}
