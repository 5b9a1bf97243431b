"""Finishes a new project: drops unchosen files, writes .env and .cruft.json, says what to do next."""

import json
import os
import re
import secrets
import shutil
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

# The one place where answers enter; see pre_gen_project.py.
CONTEXT = r"""{{ cookiecutter | tojson }}"""

QUESTIONS = ("name", "slug", "description", "vendor", "base_url", "deploy", "plumbing_tests")

# The questions with a choice: each name, and what else can be typed for it. cookiecutter's own choices take a number
# and nothing else.
CHOICES = {
    "deploy": {"compose": {"1"}, "kubernetes": {"2"}, "none": {"3"}},
    "plumbing_tests": {"no": {"n", "false"}, "yes": {"y", "true"}},
}

# What belongs to some choices only: a file or a folder -> the question, and the choices which keep it.
MANIFEST = {
    ".dockerignore": ("deploy", {"compose", "kubernetes"}),
    "Dockerfile": ("deploy", {"compose", "kubernetes"}),
    "compose.yaml": ("deploy", {"compose"}),
    "deploy/kubernetes.yaml": ("deploy", {"kubernetes"}),
    "app/conformance": ("plumbing_tests", {"yes"}),
    "tests/browser": ("plumbing_tests", {"yes"}),
    "tests/connect": ("plumbing_tests", {"yes"}),
    "tests/devhost": ("plumbing_tests", {"yes"}),
    "tests/hosts": ("plumbing_tests", {"yes"}),
}

# Left behind where somebody ran a tool inside the template; never part of a project.
CACHES = ("__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache")

# What an update from the template must leave alone, beside the list in the project's pyproject.toml: these
# differ in every project.
SKIP = [".cruft.json", ".env"]

COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def find_choice(question: str, answer: object) -> str | None:
    """Return the name of the choice that `answer` stands for, or None."""
    typed = str(answer).strip().lower()
    return next((name for name, others in CHOICES[question].items() if typed == name or typed in others), None)


def name_choices(context: dict[str, str | None]) -> dict[str, str | None]:
    """Replace numbers and short forms by the names of the choices."""
    return {**context, **{question: find_choice(question, context[question]) for question in CHOICES}}


def drop_unchosen(project: Path, answers: dict[str, str | None]) -> None:
    """Remove what belongs to other choices, the folders which that leaves empty, and caches."""
    for name, (question, kept_by) in MANIFEST.items():
        path = project / name
        if answers[question] in kept_by:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        if path.parent != project and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    for cache in CACHES:
        for path in list(project.rglob(cache)):
            shutil.rmtree(path)


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def env_text(base_url: str) -> str:
    """Write what the add-on reads at start on this machine; the secret is new each time."""
    lines = [
        "# Settings for this machine, with a secret: never commit them. .env.example explains each.",
        "ENVIRONMENT=development",
        f"SECRET_KEYS={secrets.token_hex(32)}",
    ]
    if is_loopback(urlsplit(base_url).hostname or ""):
        lines.append(f"BASE_URL={base_url}")
    else:
        lines += [
            "# The public address. Take the # away when it leads to this machine (a tunnel). Without it the",
            "# add-on says http://127.0.0.1:8000, which the devhost reaches.",
            f"# BASE_URL={base_url}",
        ]
    return "\n".join(lines) + "\n"


def write_private(path: Path, text: str) -> None:
    """Write `text` to a file that only its owner can read; an existing file is kept as it is."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def find_template(context: dict[str, str | None]) -> Path | None:
    """Find the folder the project was made from: cookiecutter may have been given a relative path."""
    given = context.get("_repo_dir")
    if not given:
        return None
    starts = [os.environ.get("PWD"), context.get("_output_dir")]
    candidates = [Path(start) / given for start in starts if start] or [Path(given)]
    return next((path.resolve() for path in candidates if (path / "cookiecutter.json").is_file()), None)


def git_folders(template: Path) -> tuple[Path, Path] | None:
    """Return the folder of HEAD and the folder of the refs; they differ in a linked work tree."""
    git = template / ".git"
    if git.is_file():
        pointer = git.read_text(encoding="utf-8").strip().removeprefix("gitdir:").strip()
        git = template / pointer
    if not (git / "HEAD").is_file():
        return None
    shared = git / "commondir"
    return git, git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git


def read_commit(template: Path) -> str | None:
    """Read which commit the template is at, from git's files; None if they do not say."""
    folders = git_folders(template)
    if folders is None:
        return None
    git, shared = folders
    head = (git / "HEAD").read_text(encoding="utf-8").strip()
    if not head.startswith("ref:"):
        return head if COMMIT.fullmatch(head) else None
    ref = head.removeprefix("ref:").strip()
    for loose in (git / ref, shared / ref):
        if loose.is_file():
            found = loose.read_text(encoding="utf-8").strip()
            return found if COMMIT.fullmatch(found) else None
    packed = shared / "packed-refs"
    for line in packed.read_text(encoding="utf-8").splitlines() if packed.is_file() else ():
        commit, _, name = line.partition(" ")
        if name == ref and COMMIT.fullmatch(commit):
            return commit
    return None


def read_origin(template: Path) -> str | None:
    """Read the address that the template was cloned from, from git's files."""
    folders = git_folders(template)
    if folders is None or not (folders[1] / "config").is_file():
        return None
    section = ""
    for line in (folders[1] / "config").read_text(encoding="utf-8").splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped
        elif section == '[remote "origin"]' and re.match(r"url\s*=", stripped):
            return stripped.partition("=")[2].strip()
    return None


def find_origin(context: dict[str, str | None], template: Path | None) -> tuple[str, str | None]:
    """Return the template's address, in a form that works from anywhere, and its commit if it can be read."""
    given = str(context.get("_template") or "")
    if template is None:
        return given, context.get("_commit")
    address = str(template) if context["_repo_dir"] == given else read_origin(template) or given
    return address, read_commit(template)


def cruft_state(context: dict[str, str | None]) -> dict[str, object]:
    """Describe where the project came from, in the form that `cruft update` reads."""
    address, commit = find_origin(context, find_template(context))
    answers = {key: context[key] for key in QUESTIONS}
    return {
        "template": address,
        "commit": commit,
        "checkout": context.get("_checkout"),
        "context": {"cookiecutter": {**answers, "_template": address}},
        "directory": None,
        "skip": SKIP,
    }


def next_steps(slug: str, *, commit_known: bool) -> str:
    """Say what to type now."""
    lines = [
        f"Made {slug}. Next:",
        f"  cd {slug}",
        "  python3 -m venv .venv && . .venv/bin/activate && pip install -c constraints.txt -e '.[dev]'",
        "  uvicorn app.main:app     # the add-on; in a second terminal: make devhost",
    ]
    if not commit_known:
        lines.append("  (the template's commit was not found: write it into .cruft.json before `cruft update`)")
    return "\n".join(lines)


def main() -> None:
    """Finish the project in the working directory."""
    context = name_choices(json.loads(CONTEXT))
    project = Path.cwd()
    drop_unchosen(project, context)
    write_private(project / ".env", env_text(str(context["base_url"])))
    state = cruft_state(context)
    (project / ".cruft.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    print(next_steps(str(context["slug"]), commit_known=state["commit"] is not None))


if __name__ == "__main__":
    main()
