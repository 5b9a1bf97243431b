// How a framed page calls back: every request carries the page token, because frames get no cookies.
(() => {
  "use strict";
  const tokenTag = document.querySelector('meta[name="page-token"]');
  const refreshTag = document.querySelector('meta[name="page-token-refresh"]');
  const RENEW_EVERY = 10 * 60 * 1000; // milliseconds; a token lives 15 minutes

  async function call(url, options = {}) {
    const response = await fetch(url, {
      credentials: "omit",
      ...options,
      headers: { ...(options.headers || {}), Authorization: `JWT ${tokenTag.content}` },
    });
    return response;
  }

  async function renew() {
    const response = await call(refreshTag.content, { method: "POST" });
    if (response.ok) tokenTag.content = (await response.json()).token;
  }

  function showErrors(form, error) {
    for (const place of form.querySelectorAll("[data-error-for]")) place.textContent = "";
    for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    if (!error) return;
    let first = null;
    for (const field of error.fields || []) {
      const place = form.querySelector(`[data-error-for="${CSS.escape(field.path)}"]`);
      const input = form.elements.namedItem(field.path);
      if (place) place.textContent = field.message;
      if (input) {
        input.setAttribute("aria-invalid", "true");
        first = first || input;
      }
    }
    if (first) first.focus();
  }

  async function submit(event) {
    const form = event.target;
    if (!form.matches("form[data-connect]")) return;
    event.preventDefault();
    const status = form.querySelector(".status");
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      const response = await call(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const answer = response.status === 204 ? {} : await response.json();
      showErrors(form, response.ok ? null : answer.error);
      status.classList.toggle("bad", !response.ok);
      status.textContent = response.ok ? answer.message || "Saved." : answer.error.message;
      if (response.ok && form.dataset.show && answer[form.dataset.show]) {
        const place = form.querySelector(".token");
        place.hidden = false;
        place.querySelector("code").textContent = answer[form.dataset.show];
      }
      if (response.ok && answer.token_count !== undefined) {
        document.querySelector("[data-token-count]").textContent = answer.token_count;
      }
    } catch {
      status.classList.add("bad");
      status.textContent = "The add-on cannot be reached. Check your connection and try again.";
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("submit", submit);
  if (tokenTag && refreshTag) setInterval(renew, RENEW_EVERY);
  window.connect = { call };
})();
