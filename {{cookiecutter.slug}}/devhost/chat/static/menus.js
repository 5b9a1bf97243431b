// Menus: they load what they hold when they open, and close when one looks elsewhere.
import { get } from "./ask.js";
import { complain } from "./notice.js";

async function load(menu) {
  const box = menu.querySelector(".menu-box");
  try {
    box.innerHTML = await get(menu.dataset.load);
  } catch (error) {
    menu.removeAttribute("open");
    complain(error);
  }
}

function closeAll(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) {
      menu.removeAttribute("open");
    }
  }
}

export function startMenus() {
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (menu.matches("details.menu[open]")) {
      closeAll(menu);
      if (menu.dataset.load) {
        load(menu);
      }
    }
  }, true);
  document.addEventListener("click", (event) => closeAll(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    }
  });
}
