// Calls the remote as a frontend would, and shows what its script gets.
const form = document.getElementById("call");
const shown = document.getElementById("answer");

async function call(event) {
  event.preventDefault();
  const { method, path, body } = form.elements;
  shown.textContent = "...";
  try {
    const asked = { path: path.value, method: method.value, headers: {}, invokeType: "ui-remote-fetch" };
    if (body.value.trim()) {
      asked.body = JSON.parse(body.value);
    }
    const { success, payload, error } = await globalThis.__bridge.callBridge("invoke", asked);
    shown.textContent = success ? `${payload.status}\n${JSON.stringify(payload.body, null, 2)}` : error.message;
  } catch (error) {
    shown.textContent = error.message;
  }
}

form.addEventListener("submit", call);
