// The script of framed pages: every request carries the page token, because frames get no cookies.
//
// For your pages, besides the forms that `connect/form.html` draws:
//
//   await connect.call(url, options)   fetch() with the page token, for addresses of this add-on only. A token that is
//                                      too old is renewed once and the call repeated; what else is answered is yours.
//   await connect.refresh()            fetch this page again and put its <main> in place; false if that failed. Focus
//                                      stays, as does what was typed into other forms.
//   "connect:redrawn"                  sent to `document` when <main> was replaced. Scripts inside <main> do not run
//                                      then: listen on `document`, or set up again at this event.
//
//   <button type="button" data-copy>   copies the <code> beside it.
//
//   <form action="..." method="post" data-connect>   is sent by this script, as a form. It understands these answers:
//     {"message": "Done."}             shown in the form's `.status`; without a message, or with status 204: "Saved."
//     {"message": ..., "refresh": true}   the page is drawn again as well
//     text/html                        the <main> of that page replaces this one's
//     {"error": {"message", "fields": [{"path", "message"}]}}   each message goes into [data-error-for="<path>"], the
//                                      others into [data-error-for="form"]. What was typed stays.
//
// Pages may not run inline scripts (Content-Security-Policy): put yours into app/addon/static and load them by src.
(() => {
  "use strict";
  const RENEW_EVERY = 10 * 60 * 1000; // milliseconds; a token lives 15 minutes
  const ANNOUNCE_AFTER = 100; // milliseconds; a screen reader must know the place before it is filled
  const TOO_OLD = "This page is too old. Reload it.";
  const UNREACHABLE = "The add-on cannot be reached. Check your connection and try again.";
  const BROKEN = "The add-on failed. Nothing you typed is lost: try again in a moment.";
  const MEND = "Mend the marked fields and send the form again.";
  const HALF_TYPED = {
    number: "This must be a number.",
    date: "This must be a whole date.",
    time: "This must be a whole time of day.",
  };
  const COMPACT_TOKEN = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;
  const tokenTag = document.querySelector('meta[name="page-token"]');
  const refreshTag = document.querySelector('meta[name="page-token-refresh"]');

  // Calls.

  function send(url, options) {
    const headers = new Headers(options.headers);
    headers.set("Authorization", `JWT ${tokenTag.content}`);
    return fetch(url, { credentials: "omit", ...options, headers });
  }

  let renewing = null;
  function renew() {
    renewing ??= (async () => {
      try {
        const response = await send(refreshTag.content, { method: "POST" });
        if (response.ok) tokenTag.content = (await response.json()).token;
        return response.ok;
      } catch {
        return false;
      } finally {
        renewing = null;
      }
    })();
    return renewing;
  }

  async function call(url, options = {}) {
    if (new URL(url, location.href).origin !== location.origin) {
      throw new Error(`connect.call is for this add-on; ${url} must not see its page token. Use fetch().`);
    }
    const used = tokenTag.content;
    const response = await send(url, options);
    if (response.status !== 401) return response;
    // Another call may have renewed the token while this one was on its way.
    return tokenTag.content !== used || (await renew()) ? send(url, options) : response;
  }

  // Drawing again.

  // A field called `action` or `id` hides the form's own property: attributes are read by getAttribute.
  const nameOf = (form) => form.getAttribute("id") || form.getAttribute("action");
  const formNamed = (name) => [...document.querySelectorAll("form")].find((form) => nameOf(form) === name);
  const controlsOf = (form) => [...form.querySelectorAll("button, input, select, textarea")];

  function isTyped(control) {
    if (control.tagName === "BUTTON") return false;
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.options) return [...control.options].some((option) => option.selected !== option.defaultSelected);
    return control.value !== control.defaultValue;
  }

  function rememberTyped(sent) {
    return [...document.querySelectorAll("main form")].flatMap((form) =>
      // Of forms with one name only the first is found again.
      form === sent || formNamed(nameOf(form)) !== form
        ? []
        : controlsOf(form).filter((control) => control.name && isTyped(control))
            .map(({ name, value, checked, type }) => ({ form: nameOf(form), name, value, checked, type })));
  }

  function typeAgain(remembered) {
    for (const { form, name, value, checked, type } of remembered) {
      const ticked = type === "checkbox" || type === "radio";
      const controls = controlsOf(formNamed(form) ?? document.createElement("form"));
      const control = controls.find((one) => one.name === name && (!ticked || one.value === value));
      if (control && ticked) control.checked = checked;
      else if (control) control.value = value;
    }
  }

  function rememberFocus() {
    const element = document.activeElement;
    const main = document.querySelector("main");
    if (!main.contains(element)) return () => {};
    const form = element.closest("form");
    const position = form ? [nameOf(form), controlsOf(form).indexOf(element)] : null;
    return () => {
      const again = element.id
        ? document.getElementById(element.id)
        : position && formNamed(position[0]) && controlsOf(formNamed(position[0]))[position[1]];
      const place = again || document.querySelector("main");
      if (!again) place.tabIndex = -1;
      place.focus({ preventScroll: Boolean(again) });
    };
  }

  function swap(html, sent) {
    const page = new DOMParser().parseFromString(html, "text/html");
    const main = page.querySelector("main");
    if (!main) return false;
    const typed = rememberTyped(sent);
    const focusAgain = rememberFocus();
    document.querySelector("main").replaceWith(document.adoptNode(main));
    document.title = page.title;
    typeAgain(typed);
    focusAgain();
    document.dispatchEvent(new CustomEvent("connect:redrawn"));
    return true;
  }

  async function refresh(sent = null) {
    const url = new URL(location.href);
    // The host's token stands in the address; a request carries one token only.
    for (const [name, value] of [...url.searchParams]) {
      if (COMPACT_TOKEN.test(value)) url.searchParams.delete(name);
    }
    try {
      const response = await call(url);
      return response.ok && swap(await response.text(), sent);
    } catch {
      return false;
    }
  }

  // Forms.

  function statusOf(form) {
    const found = form.querySelector(".status");
    if (found) return found;
    const made = document.createElement("p");
    made.setAttribute("role", "status");
    form.append(made);
    return made;
  }

  function tell(form, text, { bad = false } = {}) {
    const status = statusOf(form);
    status.className = bad ? "status bad" : "status";
    status.textContent = text;
  }

  function clear(form) {
    for (const place of form.querySelectorAll("[data-error-for]")) place.textContent = "";
    for (const control of form.querySelectorAll("[aria-invalid]")) control.setAttribute("aria-invalid", "false");
    tell(form, "");
  }

  function refuse(form, { message, fields }) {
    const unplaced = [];
    for (const field of fields || []) {
      const path = CSS.escape(field.path);
      const place = field.path !== "form" && form.querySelector(`[data-error-for="${path}"]`);
      if (place) place.textContent = field.message;
      else unplaced.push(field.message);
      for (const control of place ? form.querySelectorAll(`[name="${path}"]`) : []) {
        control.setAttribute("aria-invalid", "true");
      }
    }
    const whole = form.querySelector('[data-error-for="form"]');
    if (whole) whole.textContent = unplaced.join(" ");
    const first = form.querySelector('[aria-invalid="true"]');
    if (!first && whole && unplaced.length) return whole.scrollIntoView({ block: "nearest" });
    tell(form, [message, ...(whole ? [] : unplaced)].join(" "), { bad: true });
    if (first) first.focus();
  }

  function halfTyped(form) {
    // A browser sends nothing for these, which would read as "left empty".
    return controlsOf(form)
      .filter((control) => control.validity.badInput)
      .map((control) => ({ path: control.name, message: HALF_TYPED[control.type] || "This cannot be read." }));
  }

  function readJson(text) {
    try {
      return JSON.parse(text) || {};
    } catch {
      return {};
    }
  }

  function show(form, answer) {
    const shown = form.getAttribute("data-show");
    if (!shown || !answer[shown]) return;
    const place = form.querySelector(".token");
    place.hidden = false;
    place.querySelector("code").textContent = answer[shown];
  }

  function copy(button) {
    const place = button.parentElement.querySelector("code");
    getSelection().selectAllChildren(place);
    // Hosts need not let frames write the clipboard; this older way asks for no leave of theirs.
    if (!document.execCommand("copy")) return tell(button.form, "Press Ctrl+C to copy what is marked.", { bad: true });
    tell(button.form, "Copied.");
  }

  async function accept(form, answer) {
    for (const secret of form.querySelectorAll("input[type=password]")) secret.value = "";
    for (const box of form.querySelectorAll('input[name$="-clear"]')) box.checked = false;
    show(form, answer);
    if (answer.token_count !== undefined) {
      document.querySelector("[data-token-count]").textContent = answer.token_count;
    }
    const message = answer.message || "Saved.";
    if (!answer.refresh) return tell(form, message);
    const name = nameOf(form);
    if (!(await refresh(form))) return tell(form, `${message} Reload the page to see what changed.`);
    if (formNamed(name)) show(formNamed(name), answer);
    setTimeout(() => tell(formNamed(name) ?? document.querySelector("main"), message), ANNOUNCE_AFTER);
  }

  async function exchange(form, submitter) {
    const body = new URLSearchParams(new FormData(form, submitter));
    try {
      const response = await call(form.getAttribute("action"), { method: "POST", body });
      return { response, text: await response.text() };
    } catch {
      return null;
    }
  }

  async function submit(form, submitter) {
    clear(form);
    const fields = halfTyped(form);
    if (fields.length) return refuse(form, { message: MEND, fields });
    const answered = await exchange(form, submitter);
    if (!answered) return tell(form, UNREACHABLE, { bad: true });
    const { response, text } = answered;
    if (response.status === 401) return tell(form, TOO_OLD, { bad: true });
    const isPage = (response.headers.get("content-type") || "").startsWith("text/html");
    if (response.ok && isPage && swap(text, form)) return;
    const answer = readJson(text);
    if (response.ok && !isPage) return accept(form, answer);
    refuse(form, answer.error || { message: BROKEN });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) copy(button);
  });

  const sending = new WeakSet();
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.hasAttribute("data-connect")) return;
    event.preventDefault();
    if (sending.has(form)) return;
    sending.add(form);
    // Not `disabled`, which would take the focus away.
    const buttons = [...form.querySelectorAll("button")];
    for (const button of buttons) button.setAttribute("aria-disabled", "true");
    try {
      await submit(form, event.submitter);
    } finally {
      sending.delete(form);
      for (const button of buttons) button.removeAttribute("aria-disabled");
    }
  });

  if (tokenTag && refreshTag) setInterval(renew, RENEW_EVERY);
  window.connect = { call, refresh: () => refresh() };
})();
