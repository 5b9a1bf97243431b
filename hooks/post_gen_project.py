"""Finishes a new project: drops unchosen files, writes .env and .cruft.json, says what to do next."""

import json
import os
import re
import secrets
import shutil
import tempfile
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

# The one place where answers enter; see pre_gen_project.py.
CONTEXT = r"""{{ cookiecutter | tojson }}"""

QUESTIONS = ("name", "slug", "description", "vendor", "base_url", "hosts", "access", "deploy", "plumbing_tests")

# The questions with a choice: each name, and what else can be typed for it. cookiecutter's own choices take a number
# and nothing else.
CHOICES = {
    "hosts": {"all": {"1"}, "chat": {"2"}, "atlassian": {"3"}},
    "access": {"yes": {"y", "true"}, "no": {"n", "false"}},
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
            "tests/connect/api_tokens",
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
    (
        "access",
        {"yes"},
        (
            "app/connect/access",
            "app/connect/declare/access_section.py",
            "app/connect/declare/token_events.py",
            "app/connect/operating/access_arguments.py",
            "app/connect/operating/access_commands.py",
            "app/connect/operating/token_roster.py",
            "app/connect/operating/users.py",
            "app/connect/pages/templates/connect/managed_settings.html",
            "app/connect/serving/token_handlers.py",
            "docs/access.md",
            "tests/addon/test_who_reads_builds.py",
            "tests/browser/form_stage.py",
            "tests/browser/test_form_looks.py",
            "tests/browser/test_forms.py",
            "tests/browser/test_token_page.py",
            "tests/connect/access",
            "tests/connect/declare/test_typed_routers.py",
            "tests/connect/operating/test_token_commands.py",
            "tests/connect/operating/test_user_commands.py",
            "tests/connect/serving/holding.py",
            "tests/connect/serving/test_guarded_routes.py",
            "tests/connect/serving/test_revoking_theirs.py",
            "tests/connect/serving/test_token_policies.py",
            "tests/connect/serving/test_token_routes.py",
            "tests/connect/serving/test_who_must_not_get_in.py",
            "tests/hosts/atlassian/test_who_may.py",
            "tests/hosts/atlassian/who_may.py",
        ),
    ),
    # What looks at both families at once.
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
            "tests/hosts/together/test_asked.py",
            "tests/hosts/together/test_start_page.py",
        ),
    ),
)

# Where a family of hosts, or the room `access`, meets the rest: the lines of a file that name it, and what stands in
# their place without it (None for nothing). They are whole lines, each once in its file, so that what is left reads as
# if it had never been.
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
        "access": {
            '    "tests/addon/test_who_reads_builds.py",': None,
            '    "access",': None,
        },
    },
    "app/connect/__init__.py": {
        "access": {
            "import app.connect.access  # noqa: F401 - first, so that the function of this name takes its place here": None,
            "from app.connect.declare.token_events import TokenFacts": None,
            '    "TokenFacts",': None,
        },
    },
    "app/connect/application.py": {
        "access": {
            "from app.connect.access.expired import of_tokens": None,
            "        reads = of_inbox(self.database, self.inbox), of_tokens(self.database)": (
                "        reads = (of_inbox(self.database, self.inbox),)"
            ),
            "from app.connect.access.managing import open_tokens": (
                "from app.connect.api_tokens.keeping import ApiTokens"
            ),
            "from app.connect.access.opening import open_backends": None,
            "from app.connect.access.token_forms import ManagedTokenForms": None,
            "from app.connect.access.token_routes import token_router": None,
            "from app.connect.serving.transitions import Transitions": (
                "from app.connect.serving.token_forms import TokenForms\n"
                "from app.connect.serving.transitions import Transitions"
            ),
            "        self.api_tokens = open_tokens(self.database, self.vault, self.directory, self.inbox, self.addon)": (
                "        self.api_tokens = ApiTokens(self.database, self.vault, self.directory)"
            ),
            "        backends = open_backends(settings.auth_backends, self.serving, self.database, self.settings_models)": None,
            "            token_forms=ManagedTokenForms(self.api_tokens, routers),": (
                "            token_forms=TokenForms(self.api_tokens),"
            ),
            "            further=[token_router(self.serving, self.api_tokens, backends)],": None,
            '        """Write what is due besides what was accepted: questions about hints, the ends of tokens, schedules."""': (
                '        """Write what is due besides what was accepted: questions about hints, schedules."""'
            ),
            "        await self.api_tokens.tell_expiring()": None,
            "        await self.api_tokens.erase_expired()": None,
        },
    },
    "app/connect/cli.py": {
        "access": {
            "from app.connect.operating.access_arguments import ABOUT_ACCESS, add_token_commands, add_user_commands": None,
            '    access = commands.add_parser("access", help=ABOUT_ACCESS)': (
                '    commands.add_parser("access", help="list every route with what it asks of who calls it")'
            ),
            "    add_token_commands(access)": None,
            "    add_user_commands(commands)": None,
        },
    },
    "app/connect/commands.py": {
        "access": {
            "from app.connect.access.asked import unguarded_routes": None,
            "    for note in unguarded_routes(application.routers):": None,
            "        print(note)": None,
        },
    },
    "app/connect/declare/addon.py": {
        "access": {
            "from app.connect.declare.token_events import TokenHandler": None,
            "    tokens: Sequence[TokenHandler]": None,
            "        tokens=[one for router in routers for one in router.tokens],": None,
        },
    },
    "app/connect/declare/guards.py": {
        "access": {
            '    raise NotAllowed(f"An API token with a list of accesses names the {name} it asks about. Send {name}.")': (
                '    raise NotAllowed(f"A call names the {name} it asks about. Send {name}.")'
            ),
        },
    },
    "app/connect/declare/manifest.py": {
        "access": {
            "from app.connect.declare.access_section import AccessSection, NamedAccesses": None,
            '    """The whole of addon.toml: `[addon]`, `[access]` and the section of every enabled host."""': (
                '    """The whole of addon.toml: `[addon]` and the section of every enabled host."""'
            ),
            "    policies: NamedAccesses = field(default_factory=dict)": None,
            '    fields |= {"access": (AccessSection, AccessSection())}': None,
            "    return Manifest(read.addon, found, read.access.policies)  # type: ignore[attr-defined]": (
                "    return Manifest(read.addon, found)  # type: ignore[attr-defined]"
            ),
        },
    },
    "app/connect/declare/router.py": {
        "access": {
            "from app.connect.declare.token_events import OnTokens, TokenHandler": None,
            "class Router(OnTokens[C], Generic[C]):": "class Router(Generic[C]):",
            "        self.tokens: list[TokenHandler] = []": None,
            "        return any(lists) or bool(self.tokens) or bool(self.settings_forms) or bool(self.api.routes)": (
                "        return any(lists) or bool(self.settings_forms) or bool(self.api.routes)"
            ),
        },
    },
    "app/connect/serving/dependencies.py": {
        "access": {
            'UNGUARDED = "This asks for an API token that may do everything. Create one without a list of accesses."': (
                'UNGUARDED = "This asks for an API token that may do everything. Create a new one."'
            ),
        },
    },
    "app/connect/serving/handlers.py": {
        "access": {
            "from app.connect.serving.token_handlers import tell_of_token": None,
            "        case Kind.ACCESS:": None,
            "            await tell_of_token(addon, claim.name, context, payload)": None,
        },
    },
    "app/connect/serving/openapi.py": {
        "access": {
            '    "AnyApiToken": _http("bearer", "An API token, whatever it may do"),': None,
            '    "Password": _http("basic", "`TENANT_ID/NAME` of a user, and the password"),': None,
            '    "OtherBackend": _key("Or what else a backend of `GET /api/backends` reads"),': None,
            '    "AnyApiToken": "any API token",': None,
            '    "Password": "a password",': None,
            '    "OtherBackend": "another backend",': None,
        },
    },
    "app/connect/settings.py": {
        "access": {
            '    auth_backends: Words = ("page", "tokens")': None,
            '    """Who may ask for an API token, comma separated, in the order in which they are asked: `page`, `tokens`,': None,
            '    `passwords`, or the name of an entry point of `connect.backends`."""': None,
        },
    },
    "app/connect/work/rows.py": {
        "access": {
            '    ACCESS = "access"': None,
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
    "docs/guide.md": {
        "access": {
            "A token of the settings page may do everything, unless it was given a list: [docs/access.md](access.md) has what a route asks for, lists, and who gives them.": (
                "A token of the settings page may do everything. `access(...)` at a route of Builds names what it does, for `addon access` to list."
            ),
        },
    },
    "tests/connect/contents.py": {
        "access": {
            "from app.connect.access.users import Users": None,
            '    await Users(process.parts.database, [tenant.host]).add(tenant.id, mark, "no hash", None)': None,
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
        "access": {
            '    "(app.connect.access)",': None,
        },
    },
    "tests/connect/rules/test_sizes.py": {
        "access": {
            '    "access": 1_360,': None,
        },
    },
    "tests/connect/serving/test_openapi_document.py": {
        "access": {
            '            "AnyApiToken",': None,
            '            "api-token/revoke-one",': None,
            '            "api-token/revoke-of",': None,
        },
    },
    "tests/connect/serving/test_openapi_fuzz.py": {
        "access": {
            '        if schemes & {"ApiToken", "AnyApiToken"}:': '        if "ApiToken" in schemes:',
        },
    },
    "tests/connect/serving/test_refusals.py": {
        "access": {
            '            "api-token/revoke-one",': None,
            '            "api-token/revoke-of",': None,
        },
    },
    "tests/connect/showcase.py": {
        "access": {
            '    "access": {"policies": {"readers": ["reports.*.read"], "mine": ["reports.me.*"]}},': None,
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

# What one part alone needs installed, with what that brings along.
PACKAGES = {"access": ("argon2-cffi", "argon2-cffi-bindings")}

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


def left_out(answers: dict[str, str | None]) -> set[str]:
    """Name the parts that a project is without, as `JOINTS` and `PACKAGES` do."""
    families = {family for family in ("chat", "atlassian") if answers["hosts"] not in {"all", family}}
    return families if answers["access"] == "yes" else families | {"access"}


def mend_joints(project: Path, answers: dict[str, str | None]) -> None:
    """Remove the lines that name what a project is without."""
    gone = left_out(answers)
    for name, parts in JOINTS.items():
        path = project / name
        changes = {line: after for part, lines in parts.items() if part in gone for line, after in lines.items()}
        if changes and path.is_file():
            after = mended(path.read_text(encoding="utf-8").splitlines(), changes)
            path.write_text("".join(f"{line}\n" for line in after), encoding="utf-8")


def mended(lines: list[str], changes: dict[str, str | None]) -> list[str]:
    """Return the lines as they read without what is gone: it leaves no two blank lines where there was one."""
    after: list[str] = []
    closing = False
    for line in lines:
        changed = changes.get(line, line)
        if changed is None:
            closing = after[-1:] == [""]
        elif line or not closing:
            after.append(changed)
            closing = False
    return after


def drop_packages(project: Path, answers: dict[str, str | None]) -> None:
    """Remove the pins of packages that nothing needs, with the hashes in the lines below."""
    gone = {package for part in left_out(answers) for package in PACKAGES.get(part, ())}
    for name in ("constraints.txt", "requirements.txt") if gone else ():
        kept, going = [], False
        for line in (project / name).read_text(encoding="utf-8").splitlines(keepends=True):
            going = line.partition("==")[0] in gone or (going and line.startswith(" "))
            kept += [] if going else [line]
        (project / name).write_text("".join(kept), encoding="utf-8")


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


def is_compared(context: dict[str, str | None], project: Path) -> bool:
    """Tell a project that `cruft` only makes to compare: it says no folder, and works in one that goes away."""
    return not context.get("_output_dir") and Path(tempfile.gettempdir()).resolve() in project.resolve().parents


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
    drop_packages(project, context)
    write_private(project / ".env", env_text(str(context["base_url"]), context["hosts"]))
    state = cruft_state(context)
    (project / ".cruft.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    if not is_compared(context, project):
        print(next_steps(str(context["slug"]), commit_known=state["commit"] is not None))


if __name__ == "__main__":
    main()
