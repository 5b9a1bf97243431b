// Asks the devhost for pieces of the page, and turns its refusals into errors that people can read.
const PIECE = { "X-Devhost-Piece": "1" };

async function answerOf(response) {
  if (response.ok) {
    return response;
  }
  let message = `The devhost answered ${response.status}`;
  try {
    message = (await response.json()).error.message;
  } catch {
    // It was no JSON; the status has to do.
  }
  throw new Error(message);
}

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, { ...options, headers: { ...PIECE, ...(options.headers || {}) } });
  } catch {
    throw new Error("The devhost does not answer. Is it still running?");
  }
  return answerOf(response);
}

export async function get(url) {
  return (await request(url, {})).text();
}

export async function getJson(url) {
  return (await request(url, {})).json();
}

// Sends a form: an object of strings, or form data.
export async function post(url, fields) {
  const body = new URLSearchParams(fields);
  return request(url, { method: "POST", body });
}

export async function postJson(url, value) {
  const headers = { "Content-Type": "application/json" };
  return (await request(url, { method: "POST", headers, body: JSON.stringify(value) })).json();
}

// Who looks, and in which room: part of nearly every question.
export function viewer() {
  const { room, user } = document.body.dataset;
  return { room: room || "1", user: user || "admin" };
}
