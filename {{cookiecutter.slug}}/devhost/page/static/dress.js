// Finishes what the server may not write: the page's policy forbids inline styles, and scripts may set them.
function applyStyle(element) {
  for (const part of element.dataset.style.split(";")) {
    const [name, value] = part.split(":");
    if (value) {
      element.style.setProperty(name.trim(), value.trim());
    }
  }
}

// Pictures that add-ons name may be missing; a letter or an empty place says more than a broken sign.
function miss(image) {
  if (image.dataset.letter) {
    image.replaceWith(image.dataset.letter);
  } else {
    image.classList.add("missing");
  }
}

// Groups of a long list begin folded on a phone; they are open in the page as it comes, for who has no script.
export function fold() {
  if (window.matchMedia("(max-width: 40rem)").matches) {
    for (const group of document.querySelectorAll("details[data-folds]")) {
      group.open = false;
    }
  }
}

export function dress(place) {
  for (const element of place.querySelectorAll("[data-style]")) {
    applyStyle(element);
  }
  for (const chooser of place.querySelectorAll("[data-submit]")) {
    chooser.addEventListener("change", () => chooser.form.requestSubmit());
  }
  for (const image of place.querySelectorAll("img")) {
    if (image.complete && image.naturalWidth === 0) {
      miss(image);
    } else {
      image.addEventListener("error", () => miss(image), { once: true });
    }
  }
}
