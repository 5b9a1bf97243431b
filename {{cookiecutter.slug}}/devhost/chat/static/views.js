// Which part of the page one sees: tabs of the drawer, whether it is folded, and the one view of a narrow screen.
const FOLDED = "devhost-folded";
const TABS = { wire: "tab-wire", break: "tab-break" };

function choose(tab, focus) {
  for (const one of document.querySelectorAll('[role="tab"]')) {
    const on = one === tab;
    one.setAttribute("aria-selected", String(on));
    one.tabIndex = on ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = !on;
  }
  if (focus) {
    tab.focus();
  }
}

function fold(folded) {
  document.body.classList.toggle("folded", folded);
  const button = document.getElementById("fold");
  button.setAttribute("aria-expanded", String(!folded));
  localStorage.setItem(FOLDED, folded ? "yes" : "");
}

function go(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("[data-go]")) {
    button.toggleAttribute("aria-current", false);
    if (button.dataset.go === view) {
      button.setAttribute("aria-current", "true");
    }
  }
  if (TABS[view]) {
    choose(document.getElementById(TABS[view]), false);
    fold(false);
  }
}

function arrows(event) {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) {
    choose(tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length], true);
  }
}

export function startViews() {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    tab.addEventListener("click", () => go(tab.id.replace("tab-", "")));
    tab.addEventListener("keydown", arrows);
  }
  for (const button of document.querySelectorAll("[data-go]")) {
    button.addEventListener("click", () => go(button.dataset.go));
  }
  document.getElementById("fold").addEventListener("click", () => fold(!document.body.classList.contains("folded")));
  document.addEventListener("devhost:go", (event) => go(event.detail));
  fold(localStorage.getItem(FOLDED) === "yes");
}
