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

QUESTIONS = ("name", "slug", "description", "vendor", "base_url", "hosts", "deploy", "plumbing_tests")

# The questions with a choice: each name, and what else can be typed for it. cookiecutter's own choices take a number
# and nothing else.
CHOICES = {
    "hosts": {"all": {"1"}, "chat": {"2"}, "atlassian": {"3"}},
    "deploy": {"compose": {"1"}, "kubernetes": {"2"}, "none": {"3"}},
    "plumbing_tests": {"no": {"n", "false"}, "yes": {"y", "true"}},
}

# What belongs to some choices only: the question, the choices which keep it, and its files and folders.
MANIFEST: tuple[tuple[str, set[str], tuple[str, ...]], ...] = (
    ("deploy", {"compose", "kubernetes"}, (".dockerignore", "Dockerfile", ".github/workflows/images.yml")),
    ("deploy", {"compose"}, ("compose.yaml", "deploy/app-role.sh")),
    ("deploy", {"kubernetes"}, ("deploy/kubernetes.yaml",)),
    (
        "plumbing_tests",
        {"yes"},
        ("app/conformance", "tests/browser", "tests/connect", "tests/devhost", "tests/hosts"),
    ),
    (
        "hosts",
        {"all", "chat"},
        (
            "app/addon/chat*.py",
            "app/addon/templates/chat_*",
            "app/connect/hosts/hipchat",
            "devhost/chat",
            "devhost/dialects/hipchat",
            "docs/chat.md",
            "tests/addon/*chat*",
            "tests/hosts/hipchat*",
            "tests/support/chat.py",
            # Most of the plumbing's own tests have a host of chat.
            "tests/browser",
            "tests/connect/asking.py",
            "tests/connect/conftest.py",
            "tests/connect/contents.py",
            "tests/connect/probe.py",
            "tests/connect/showcase.py",
            "tests/connect/test_command.py",
            "tests/connect/test_example.py",
            "tests/connect/test_guide.py",
            "tests/connect/test_settings.py",
            "tests/connect/test_start.py",
            "tests/connect/access",
            "tests/connect/database/test_hanging.py",
            "tests/connect/database/test_store.py",
            "tests/connect/database/test_two_roles.py",
            "tests/connect/declare/test_author.py",
            "tests/connect/declare/test_declarations.py",
            "tests/connect/declare/test_join.py",
            "tests/connect/declare/test_manifest.py",
            "tests/connect/declare/test_typed_routers.py",
            "tests/connect/http",
            "tests/connect/operating",
            "tests/connect/pages",
            "tests/connect/serving",
            "tests/connect/tenancy",
            "tests/connect/work",
            "tests/devhost/*.py",
            "tests/hosts/test_package.py",
            "tests/hosts/together",
        ),
    ),
    (
        "hosts",
        {"all", "atlassian"},
        (
            "app/addon/forge*.py",
            "app/addon/issue*.py",
            "app/addon/templates/forge_*",
            "app/addon/templates/issue_*",
            "app/connect/hosts/atlassian",
            "app/connect/hosts/forge",
            "devhost/dialects/atlassian",
            "devhost/dialects/forge",
            "docs/atlassian.md",
            "docs/forge.md",
            "forge",
            "migrations/versions/*issue*",
            "tests/addon/*forge*",
            "tests/addon/*issue*",
            "tests/browser/*forge*",
            "tests/browser/*issue*",
            "tests/browser/*site*",
            "tests/devhost/atlassian",
            "tests/devhost/forge",
            "tests/hosts/atlassian*",
            "tests/hosts/forge*",
            "tests/support/forge.py",
            "tests/support/sites.py",
        ),
    ),
    # What looks at both at once.
    (
        "hosts",
        {"all"},
        (
            "tests/devhost/atlassian/together",
            "tests/hosts/atlassian/conftest.py",
            "tests/hosts/atlassian/served.py",
            "tests/hosts/atlassian/test_atlassian_scanner.py",
            "tests/hosts/atlassian/test_atlassian_served.py",
            "tests/hosts/atlassian/test_behind_a_proxy.py",
            "tests/hosts/atlassian/test_matrix.py",
            "tests/hosts/atlassian/test_opened_with.py",
            "tests/hosts/atlassian/test_who_may.py",
            "tests/hosts/atlassian/who_may.py",
        ),
    ),
)

# Where the families meet: the lines of a file that name a family, and what stands in their place without it (None for
# nothing). They are whole lines, each once in its file, so that what is left reads as if the other had never been.
JOINTS: dict[str, dict[str, dict[str, str | None]]] = {
    "app/addon/__init__.py": {
        "chat": {
            "from app.addon.chat import hipchat": None,
            "    hipchat,": None,
        },
        "atlassian": {
            "from app.addon.issues import jira": None,
            "    jira,": None,
        },
    },
    "app/addon/example.toml": {
        "chat": {
            '    "app/addon/chat.py",': None,
            '    "app/addon/chat_looks.py",': None,
            '    "app/addon/templates/chat_how_to_report.html",': None,
            '    "tests/addon/chat_descriptor.json",': None,
            '    "tests/addon/test_chat.py",': None,
            '    "tests/addon/test_chat_and_issues.py",': None,
            '    "tests/addon/test_chat_builds.py",': None,
            '    "tests/addon/test_chat_descriptor.py",': None,
            '    "tests/addon/test_chat_pages.py",': None,
            '    "hipchat.glance.builds",': None,
            '    "hipchat.panel.report",': None,
            '    "hipchat.dialog.build",': None,
            '    "hipchat.action.report-build",': None,
            '    "hipchat.page.overview",': None,
        },
        "atlassian": {
            '    "app/addon/forge_builds.py",': None,
            '    "app/addon/issue_keys.py",': None,
            '    "app/addon/issues.py",': None,
            '    "app/addon/templates/issue_builds.html",': None,
            '    "forge/src/index.html",': None,
            '    "forge/src/panel.css",': None,
            '    "forge/src/panel.js",': None,
            '    "migrations/versions/0002_issue_builds.py",': None,
            '    "tests/addon/issue_descriptor.json",': None,
            '    "tests/addon/test_chat_and_issues.py",': None,
            '    "tests/addon/test_forge_builds.py",': None,
            '    "tests/addon/test_issue_builds.py",': None,
            '    "tests/addon/test_issue_descriptor.py",': None,
            '    "tests/addon/test_issue_keys.py",': None,
            '    "jira.webPanels.builds",': None,
            '    "jira.generalPages.overview",': None,
            '    "jira.jiraDashboardItems.report",': None,
            '    "jira.jiraEntityProperties.build-index",': None,
            '    "issue_builds",': None,
        },
    },
    "devhost/app.py": {
        "chat": {
            "from devhost.dialects.hipchat import dialect as hipchat": None,
            "    hipchat,": None,
        },
        "atlassian": {
            "from devhost.dialects.atlassian import dialect as atlassian": None,
            "    atlassian,": None,
            "from devhost.dialects.forge import dialect as forge": None,
            "    forge,": None,
        },
    },
    "devhost/testing.py": {
        "chat": {
            "from devhost.chat.kit import ChatKit": None,
            "    ChatKit,": None,
        },
        "atlassian": {
            "from devhost.dialects.atlassian.kit import SitesKit": None,
            "    SitesKit,": None,
            "from devhost.dialects.forge.kit import ForgeKit": None,
            "    ForgeKit,": None,
        },
    },
    "tests/connect/rules/contracts.toml": {
        "chat": {
            '    "(app.connect.hosts.atlassian) | (app.connect.hosts.hipchat) | app.connect.hosts.loading",': (
                '    "(app.connect.hosts.atlassian) | app.connect.hosts.loading",'
            ),
        },
        "atlassian": {
            '    "(app.connect.hosts.forge)",': None,
            '    "(app.connect.hosts.atlassian) | (app.connect.hosts.hipchat) | app.connect.hosts.loading",': (
                '    "(app.connect.hosts.hipchat) | app.connect.hosts.loading",'
            ),
        },
    },
    "tests/support/running.py": {
        "chat": {
            "from tests.support.chat import InChat": None,
            "    InChat,": None,
        },
        "atlassian": {
            "from tests.support.sites import OnSites": None,
            "    OnSites,": None,
        },
    },
}

# Left behind where somebody ran a tool inside the template; never part of a project.
CACHES = ("__pycache__", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "node_modules")

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
    unchosen = [name for question, kept_by, names in MANIFEST if answers[question] not in kept_by for name in names]
    for path in (path for name in unchosen for path in sorted(project.glob(name))):
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        if path.parent != project and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    for cache in CACHES:
        for path in list(project.rglob(cache)):
            shutil.rmtree(path)


def mend_joints(project: Path, answers: dict[str, str | None]) -> None:
    """Remove the lines that name what a project is without."""
    for name, families in JOINTS.items():
        path = project / name
        gone = {family: lines for family, lines in families.items() if answers["hosts"] not in {"all", family}}
        changes = {line: after for lines in gone.values() for line, after in lines.items()}
        if changes and path.is_file():
            after = [changes.get(line, line) for line in path.read_text(encoding="utf-8").splitlines()]
            path.write_text("".join(f"{line}\n" for line in after if line is not None), encoding="utf-8")


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def env_text(base_url: str, hosts: str | None) -> str:
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
            "# The public address. Take the # away, and write ENVIRONMENT=production above, when it leads to this",
            "# machine (a tunnel). Without it the add-on says http://127.0.0.1:8000, which the devhost reaches.",
            f"# BASE_URL={base_url}",
        ]
    if hosts in {"all", "atlassian"}:
        lines += [
            "# Sites of the devhost are believed. Sites of Atlassian's cloud are, once these two lines are gone.",
            "ATLASSIAN_KEYS_URL=http://127.0.0.1:9000/install-keys",
            "ATLASSIAN_OAUTH_URL=http://127.0.0.1:9000/authorization",
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
    mend_joints(project, context)
    write_private(project / ".env", env_text(str(context["base_url"]), context["hosts"]))
    state = cruft_state(context)
    (project / ".cruft.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    print(next_steps(str(context["slug"]), commit_known=state["commit"] is not None))


if __name__ == "__main__":
    main()
