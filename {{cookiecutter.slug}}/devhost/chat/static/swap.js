// Puts freshly rendered HTML in place of old. In lists with keys, what did not change stays as it is.
import { dress } from "./dress.js";

const written = new WeakMap();

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

// Remembers what the server wrote, so that the first update keeps it.
export function remember(place) {
  if ("keyed" in place.dataset) {
    for (const child of place.children) {
      written.set(child, child.outerHTML);
    }
  } else {
    written.set(place, place.innerHTML);
  }
  dress(place);
}

function swapKeyed(place, content) {
  const before = new Map([...place.children].map((child) => [child.dataset.key, child]));
  let cursor = place.firstElementChild;
  for (const fresh of [...content.children]) {
    const html = fresh.outerHTML;
    const old = before.get(fresh.dataset.key);
    const node = old && written.get(old) === html ? old : fresh;
    if (node === cursor) {
      cursor = cursor.nextElementSibling;
      continue;
    }
    place.insertBefore(node, cursor);
    if (node === fresh) {
      written.set(node, html);
      dress(node);
    }
  }
  while (cursor) {
    const gone = cursor;
    cursor = cursor.nextElementSibling;
    gone.remove();
  }
}

export function swap(place, html) {
  if ("keyed" in place.dataset) {
    swapKeyed(place, parse(html));
    return;
  }
  const content = parse(html);
  const holder = document.createElement("div");
  holder.append(content.cloneNode(true));
  if (written.get(place) === holder.innerHTML) {
    return;
  }
  written.set(place, holder.innerHTML);
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  const typed = [...place.querySelectorAll("input[type=text], input:not([type])")].filter((field) => field.value !== field.defaultValue);
  place.replaceChildren(content);
  dress(place);
  for (const { id, value } of typed) {
    const field = document.getElementById(id);
    if (field) {
      field.value = value;
    }
  }
  if (focused) {
    document.getElementById(focused)?.focus();
  }
}
