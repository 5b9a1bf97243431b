// Dialogs of add-ons: their size, title, hint, search box and buttons, which options set and scripts change.
const SIZES = ["small", "medium", "large", "xlarge"];
const PRIMARY = "primary-action-selected";
const FILTER_PAUSE = 250; // milliseconds

export function startDialog(frame, opener) {
  const { root } = frame;
  root.querySelector("[data-close]").addEventListener("click", () => root.close());
  root.addEventListener("close", () => {
    root.remove();
    opener?.focus?.();
  });
  const filter = root.querySelector(".modal-filter");
  let timer = 0;
  filter.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => frame.say("dialog-filter-changed", { value: filter.value }), FILTER_PAUSE);
  });
  root.showModal();
}

function press(frame, key) {
  if (frame.registered.includes("dialog-button-click")) {
    frame.say("dialog-button-click", { action: key }, (close) => close === false || frame.close());
  } else {
    frame.root.close();
  }
}

function nameOf(action, otherwise) {
  return action.name?.value || (typeof action.name === "string" ? action.name : otherwise);
}

function button(frame, action, otherwise, look) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = look;
  made.textContent = nameOf(action, otherwise);
  made.disabled = action.enabled === false;
  made.addEventListener("click", () => press(frame, action.key || PRIMARY));
  return made;
}

function resize(root, size) {
  if (SIZES.includes(size)) {
    root.classList.remove(...SIZES.map((one) => `size-${one}`));
    root.classList.add(`size-${size}`);
  } else if (size && size.width && size.height) {
    const within = (text, full) => (String(text).endsWith("%") ? `min(${parseFloat(text)}${full}, 100${full})` : text);
    root.style.setProperty("width", within(size.width, "vw"));
    root.style.setProperty("height", within(size.height, "vh"));
  }
}

// Applies options: those of the descriptor first, then what a script changes.
export function shape(frame, options) {
  const { root } = frame;
  frame.options = { size: "medium", ...(frame.options || {}), ...options };
  const now = frame.options;
  resize(root, now.size);
  root.classList.toggle("warning", now.style === "warning");
  const title = typeof now.title === "string" ? now.title : now.title?.value;
  if (title) {
    root.querySelector("h2").textContent = title;
  }
  root.querySelector(".modal-hint").textContent = now.hint?.value || (typeof now.hint === "string" ? now.hint : "");
  const filter = root.querySelector(".modal-filter");
  filter.hidden = !now.filter;
  filter.placeholder = now.filter?.placeholder?.value || now.filter?.placeholder || "Filter";
  filter.setAttribute("aria-label", filter.placeholder);
  const place = root.querySelector(".modal-buttons");
  place.replaceChildren();
  if (now.primaryAction) {
    place.append(button(frame, now.primaryAction, "OK", ""));
  }
  const others = now.secondaryActions || [];
  for (const one of others) {
    place.append(button(frame, one, "Cancel", "link"));
  }
  if (!others.length) {
    place.append(plainClose(frame));
  }
}

function plainClose(frame) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "link";
  made.textContent = "Close";
  made.addEventListener("click", () => frame.root.close());
  return made;
}
