// What a frontend's own bridge library calls: each command goes to the page around the frame, and its answer comes back.
(() => {
  const host = new URL(document.currentScript.src).origin;
  const waiting = new Map();
  let count = 0;
  window.addEventListener("message", (event) => {
    const { devhostForge: id, error, value } = event.data || {};
    const call = event.source === window.parent && event.origin === host ? waiting.get(id) : undefined;
    if (call) {
      waiting.delete(id);
      if (error) {
        call.reject(new Error(error));
      } else {
        call.resolve(value ?? undefined);
      }
    }
  });
  // The product's theme is what the viewer's machine prefers. A product brings its colours along, too; here are none.
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  function dress() {
    document.documentElement.dataset.colorMode = isDark.matches ? "dark" : "light";
  }
  function ask(command, data) {
    return new Promise((resolve, reject) => {
      count += 1;
      waiting.set(count, { resolve, reject });
      window.parent.postMessage({ devhostForge: count, command, data: data ?? null }, host);
    });
  }
  async function enableTheming() {
    dress();
    isDark.addEventListener("change", dress);
  }
  // The page around gives a frame without `viewportSize` the height of what is in it.
  document.addEventListener("DOMContentLoaded", () => {
    new ResizeObserver(() => {
      const height = document.body.getBoundingClientRect().bottom + window.scrollY;
      window.parent.postMessage({ devhostForge: "height", height: Math.ceil(height) }, host);
    }).observe(document.body);
  });
  globalThis.__bridge = {
    callBridge: (command, data) => (command === "enableTheming" ? enableTheming() : ask(command, data)),
  };
})();
