// The builds of the issue in view: asks app/addon/forge_builds.py through Forge, and says in words how that goes.
import { invokeRemote, router, view } from "@forge/bridge";

const PATH = "/forge/call/issue-builds";
const OK = 200;
const part = (id) => document.getElementById(id);
const [heading, failedOnly, said, problem, again, list] = ["heading", "failed-only", "said", "problem", "again", "builds"].map(part);
let here = null;
let newest = 0;

function element(name, text, members = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, members);
}

// What a CI server sends is text everywhere; an address is followed where it is one of the web.
function titleOf(build) {
  if (!/^https?:\/\//.test(build.url ?? "")) {
    return element("span", build.title);
  }
  const link = element("a", build.title, { href: build.url, target: "_blank", rel: "noopener noreferrer" });
  link.addEventListener("click", (event) => {
    // A frame of Forge opens no window; the page around it does.
    event.preventDefault();
    router.open(build.url).catch((error) => {
      problem.textContent = `The build cannot be opened: ${error.message}`;
    });
  });
  return link;
}

// In the language and the time of who looks, as the site has them.
function whenOf(build) {
  const written = new Intl.DateTimeFormat(here.locale, { dateStyle: "medium", timeStyle: "short", timeZone: here.timezone });
  return element("time", written.format(new Date(build.reportedAt)), { dateTime: build.reportedAt });
}

function lineOf(build) {
  const line = element("li", "");
  const about = element("small", build.branch ? `${build.branch}, ` : "");
  about.append(whenOf(build));
  line.append(titleOf(build), element("span", build.status, { className: `lozenge ${build.status}` }), about);
  return line;
}

function sentence({ issueKey, builds }) {
  if (builds.length > 0) {
    return `${builds.length} ${builds.length === 1 ? "build" : "builds"}, newest first.`;
  }
  if (failedOnly.checked) {
    return "No build of this issue failed.";
  }
  return `No builds yet. They are shown here once your CI server reports one from a branch that names this issue, such as feature/${issueKey}-login.`;
}

async function read() {
  here ??= await view.getContext();
  heading.textContent = `Builds of ${here.extension?.issue?.key ?? "this issue"}`;
  const answer = await invokeRemote({ path: PATH, method: "POST", body: { failedOnly: failedOnly.checked } });
  if (answer.status !== OK) {
    // The add-on says why; where it gave no answer, Forge does.
    throw new Error(answer.body?.error?.message ?? answer.message ?? `The answer was ${answer.status ?? "empty"}.`);
  }
  return answer.body;
}

function show(status, error, lines) {
  said.textContent = status;
  problem.textContent = error;
  list.replaceChildren(...lines);
  list.classList.remove("waits");
  if (!error && document.activeElement === again) {
    heading.focus();
  }
  again.hidden = !error;
}

async function load() {
  newest += 1;
  const mine = newest;
  said.textContent = "Loading builds ...";
  problem.textContent = "";
  list.classList.add("waits");
  let shown;
  try {
    const found = await read();
    shown = [sentence(found), "", found.builds.map(lineOf)];
  } catch (error) {
    shown = ["", `The builds cannot be shown. ${error.message}`, []];
  }
  // Whoever asks twice sees the answer to the second question, whichever comes first.
  if (mine === newest) {
    show(...shown);
  }
}

failedOnly.addEventListener("change", load);
again.addEventListener("click", load);
view.theme.enable().catch(() => {}); // where the page has no themes, what the viewer's machine prefers stays
load();
