// Finishes what the server may not write: the page's policy forbids inline styles, and scripts may set them.
function applyStyle(element) {
  for (const part of element.dataset.style.split(";")) {
    const [name, value] = part.split(":");
    if (value) {
      element.style.setProperty(name.trim(), value.trim());
    }
  }
}

export function dress(place) {
  for (const element of place.querySelectorAll("[data-style]")) {
    applyStyle(element);
  }
  // Pictures that add-ons name may be missing; an empty place says more than a broken sign.
  for (const image of place.querySelectorAll("img")) {
    image.addEventListener("error", () => image.classList.add("missing"), { once: true });
    if (image.complete && image.naturalWidth === 0) {
      image.classList.add("missing");
    }
  }
}
