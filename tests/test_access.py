"""Covers the question `access`: without the room a project has plain API tokens, no word of the rest, and works."""

import re
import shutil
from pathlib import Path

import pytest

from hooks.post_gen_project import JOINTS, MANIFEST, PACKAGES
from tests.conftest import Bake
from tests.programs import CHECKS, COMMAND, MYPY, QUIETLY, Python
from tests.project_files import RENDERED, files_of, template_files
from tests.test_hosts import traces
from tests.test_readme import CODE, NOT_OURS, is_said, sources, table
from tests.test_security import names_in, promises
from tests.test_supply_chain import PIN
from tools.paths import TEMPLATE

# What the room has: names of its files and classes, of its settings, routes, commands and packages, and what people
# call it. The columns of the first migration are the same for both answers, and none of these words.
WORDS = re.compile(
    r"(?i:auth_?backends|authentication backend|argon2|api/tokens|api/backends|api-token/revoke-o)"
    r"|addon user|addon access (?:tokens|revoke)|connect[./]access\b|docs/access|access\.md|access_section"
    r"|access_commands|access_arguments|token_roster|token_handlers|declare[./]token_events|managed_settings"
    r"|[Mm]anagedToken|on_token_|TokenFacts|TokenEvent|TokenWish|\bWish\b|access\.policies|[Ll]ists? of accesses"
    r"|AnyApiToken|Kind\.ACCESS"
)
PINNED = {"constraints.txt", "requirements.txt"}
# How people and programs meet plain tokens, as a test of the project; it names a host of chat.
PLAIN = '''
"""Plain API tokens, from the settings page to the last request."""

from sqlalchemy import text

from app.connect.settings import Settings
from tests.support.running import RunningAddon

USER = "INSERT INTO api_users (id, tenant_id, name, password_hash, created_at) VALUES ('1', :tenant, 'ci', 'x', 0)"


class TestPlainTokens:
    async def test_are_made_and_ended_on_the_settings_page(self, addon: RunningAddon) -> None:
        installation = await addon.install()
        first, second = [await addon.api_token(installation) for _ in range(2)]
        page = await addon.devhost.host.open(installation.client_id, "configurable", "", room_id=1, user="Admin")
        assert "<strong data-token-count>2</strong>" in page.text
        assert 'action="/hipchat/api-token"' in page.text
        assert 'action="/hipchat/api-token/revoke"' in page.text
        assert "<textarea" not in page.text
        assert (first in page.text, second in page.text) == (False, False)
        assert [await report(addon, token) for token in (first, second, "addon_none")] == [201, 201, 401]
        bearer = {"Authorization": f"Bearer {first}"}
        assert (await addon.http.get("/api/builds?name=web", headers=bearer)).status_code == 200
        by_page = {"Authorization": f"JWT {await addon.page_token(installation)}"}
        ended = await addon.http.post("/hipchat/api-token/revoke", headers=by_page)
        assert (ended.status_code, ended.json()["token_count"]) == (200, 0)
        assert [await report(addon, token) for token in (first, second)] == [401, 401]

    async def test_are_made_by_who_administers_the_place_alone(self, addon: RunningAddon) -> None:
        installation = await addon.install()
        for headers in ({}, {"Authorization": f"Bearer {await addon.api_token(installation)}"}):
            assert (await addon.http.post("/hipchat/api-token", headers=headers)).status_code == 401

    async def test_users_of_before_go_with_their_tenant(self, addon: RunningAddon) -> None:
        installation = await addon.install()
        tenant = await addon.tenant(installation)
        async with addon.parts.database.session() as session:
            await session.execute(text(USER), {"tenant": tenant.id})
        await addon.leave(installation)
        async with addon.parts.database.session() as session:
            assert (await session.scalars(text("SELECT id FROM tenants"))).all() == []
            assert (await session.scalars(text("SELECT id FROM api_users"))).all() == []

    async def test_are_all_there_is(self, addon: RunningAddon) -> None:
        bearer = {"Authorization": f"Bearer {await addon.api_token(await addon.install())}"}
        for path in ("tokens", "tokens/current", "tokens/check", "tokens/" + "0" * 32, "backends"):
            for method in ("GET", "POST", "DELETE"):
                answer = await addon.http.request(method, f"/api/{path}", headers=bearer, json={})
                assert answer.status_code == 404, (method, path)
        for path in ("revoke-one", "revoke-of"):
            assert (await addon.http.post(f"/hipchat/api-token/{path}")).status_code == 404
        assert "auth_backends" not in Settings.model_fields
        assert "auth_backends" not in Settings.model_fields
        schemes = addon.app.openapi()["components"]["securitySchemes"]
        assert schemes.keys() == {"SignedRequest", "JwtHeader", "PageToken", "ApiToken"}


async def report(addon: RunningAddon, token: str) -> int:
    build = {"name": "web", "number": 1, "status": "passed"}
    answer = await addon.http.post("/api/builds", json=build, headers={"Authorization": f"Bearer {token}"})
    await addon.settle()
    return answer.status_code
'''


@pytest.fixture(scope="module")
def plain(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project without the room."""
    return bake(tmp_path_factory.mktemp("plain"), access="no")


@pytest.fixture(scope="module")
def proved(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return one that brings the plumbing's own tests along."""
    return bake(tmp_path_factory.mktemp("proved"), access="no", plumbing_tests="yes")


class TestPlainProject:
    @pytest.mark.parametrize("hosts", ["all", "chat", "atlassian"])
    @pytest.mark.parametrize(("deploy", "tests"), [("compose", "yes"), ("kubernetes", "no")])
    def test_has_no_word_of_the_room(self, bake: Bake, tmp_path: Path, hosts: str, deploy: str, tests: str) -> None:
        assert traces(bake(tmp_path, hosts=hosts, deploy=deploy, plumbing_tests=tests, access="no"), WORDS) == []

    def test_is_what_is_compared(self, default_project: Path) -> None:
        assert len(traces(default_project, WORDS)) > 100

    def test_changes_nothing_but_what_is_rendered_pinned_and_the_joints(self, proved: Path, template: Path) -> None:
        for name in template_files(template) & files_of(proved) - RENDERED - PINNED:
            ours, theirs = ((root / name).read_bytes() for root in (template / TEMPLATE, proved))
            assert (ours == theirs) == ("access" not in JOINTS.get(name, {})), name

    def test_pins_all_but_what_the_room_alone_needs(self, plain: Path, template: Path) -> None:
        for name in PINNED:
            before, after = (PIN.findall((root / name).read_text()) for root in (template / TEMPLATE, plain))
            gone = {f"{package}==" for package in PACKAGES["access"]}
            assert after == [pin for pin in before if not pin.startswith(tuple(gone))]
            assert len(before) - len(after) == len(gone)
            hashes = re.findall(r"^    --hash=.*$", (plain / name).read_text(), re.MULTILINE)
            assert set(hashes) <= set(
                re.findall(r"^    --hash=.*$", (template / TEMPLATE / name).read_text(), re.MULTILINE)
            )
        pieces = re.split(r"\n(?=[a-z])", (plain / "requirements.txt").read_text())[1:]
        assert all(piece.rstrip().splitlines()[-1].endswith("\\") is False for piece in pieces)

    @pytest.mark.parametrize("check", sorted(CHECKS.keys() - {"tests"}))
    def test_works(self, plain: Path, python: Python, check: str) -> None:
        python.run(plain, *CHECKS[check])

    @pytest.mark.parametrize("hosts", ["chat", "atlassian"])
    def test_fits_together_with_one_family(self, bake: Bake, tmp_path: Path, python: Python, hosts: str) -> None:
        project = bake(tmp_path, hosts=hosts, access="no")
        for check in ("addon check", "ruff check", "ruff format"):
            python.run(project, *CHECKS[check])

    def test_passes_its_tests_and_has_plain_tokens(self, plain: Path, python: Python, tmp_path: Path) -> None:
        project = Path(shutil.copytree(plain, tmp_path / "builds"))
        (project / "tests/addon/test_plain_tokens.py").write_text(PLAIN, encoding="utf-8")
        said = python.run(project, *CHECKS["tests"])
        assert int(re.findall(r"(\d+) passed", said)[-1]) > 60

    def test_lists_what_routes_ask_for_and_has_no_further_command(self, plain: Path, python: Python) -> None:
        asked = python.run(plain, "-c", COMMAND, "access")
        assert "POST\t/api/builds\tbuilds.{name}.report\n" in asked
        said = python.run(plain, "-c", COMMAND, "--help")
        assert "\n    access " in said
        assert "\n    user " not in said

    def test_begins_empty_as_others_do(self, plain: Path, python: Python, tmp_path: Path) -> None:
        project = Path(shutil.copytree(plain, tmp_path / "builds"))
        python.run(project, "-c", COMMAND, "new", "--yes")
        python.run(project, *CHECKS["addon check"])

    def test_says_in_its_readme_what_there_is(self, plain: Path) -> None:
        text = (plain / "README.md").read_text(encoding="utf-8")
        for _, where, *_ in table(text, "I want to ..."):
            for name in CODE.findall(where):
                if "/" in name.lstrip("/"):
                    assert (plain / name).exists(), name
        said = sources(plain / "app")
        for row, *_ in table(text, "When something goes wrong"):
            for message in CODE.findall(row):
                assert message in NOT_OURS or is_said(message, said), message

    def test_explains_no_accesses_in_its_guide(self, plain: Path, default_project: Path) -> None:
        """What tokens with a list hold, and how a route asks for it, is on the page of the room."""
        lines = (plain / "docs/guide.md").read_text(encoding="utf-8").splitlines()
        [told] = [line for line in lines if "access" in line.replace("`addon access`", "").lower()]
        assert told.startswith(
            "A token of the settings page may do everything. `access(...)` at a route of Builds names"
        )
        page = (default_project / "docs/access.md").read_text(encoding="utf-8")
        assert "## What a route asks for\n" in page
        assert "An access is words joined by dots" in page

    def test_promises_what_is_proved_without_the_room(self, proved: Path) -> None:
        found = promises((proved / "SECURITY.md").read_text(encoding="utf-8"))
        assert len(found) > 40
        named = [each.partition("::") for _, tests in found for each in tests if not each.startswith("template/")]
        missing = [
            f"{file}::{name}"
            for file, _, name in named
            if not (proved / file).is_file() or name not in names_in(proved / file)
        ]
        assert missing == []

    def test_brings_the_plumbings_tests_that_are_about_it(self, proved: Path, python: Python) -> None:
        python.run(proved, *MYPY)
        python.run(proved, *CHECKS["ruff check"])
        python.run(proved, *CHECKS["ruff format"])
        said = python.run(proved, *QUIETLY, "--collect-only")
        assert int(re.findall(r"(\d+) tests collected", said)[-1]) > 2000
        python.run(proved, *QUIETLY, "tests/connect/rules", "tests/connect/api_tokens")


class TestWithTheRoom:
    def test_has_every_file_and_line_that_the_template_has(self, full_project: Path, template: Path) -> None:
        for name in (name for name, parts in JOINTS.items() if "access" in parts):
            assert (full_project / name).read_bytes() == (template / TEMPLATE / name).read_bytes()
        named = [name for question, _, names in MANIFEST if question == "access" for name in names]
        assert [name for name in named if not (full_project / name).exists()] == []
