"""Backends by entry points: which are on, in which order, and what becomes of those that fail."""

import hmac
import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from app.connect.access import asking
from app.connect.access.asking import Backends, NotKnown
from app.connect.access.backends import BackendRequest
from app.connect.access.users import Users, find_tenant
from app.connect.api_tokens.principal import Principal
from app.connect.application import Application
from app.connect.cli import main
from app.connect.errors import ConfigurationError
from app.connect.settings import Settings, load_settings, unknown_names
from app.connect.tenancy.tenant import Caller, Tenant, TenantState
from tests.connect import showcase as showcases
from tests.connect.access.broken import SECRET
from tests.connect.access.conftest import OpenAddon
from tests.connect.access.installing import PACKAGE, badge_place, install, install_badge
from tests.connect.access.users import PASSWORD, add_user, basic, create
from tests.connect.asking import header, page_token
from tests.connect.logs import Log
from tests.connect.rows import add_tenant
from tests.support.running import KEY, RunningAddon

BADGE_KEY = "what the gate signs with"
HERE = "tests.connect.access.broken"


def badge(tenant: Tenant, person: str = "eve", key: str = BADGE_KEY) -> dict[str, str]:
    seal = hmac.new(key.encode(), f"{tenant.id} {person}".encode(), "sha256").hexdigest()
    return {"X-Badge": f"{tenant.id} {person} {seal}"}


def make(settings: Settings, *backends: str) -> Application:
    changed = settings.model_copy(update={"auth_backends": backends})
    return Application(changed, showcases.make_routers(), document=showcases.DOCUMENT)


class TestInstalledPackage:
    @pytest.fixture
    async def gated(self, open_addon: OpenAddon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunningAddon:
        install_badge(monkeypatch, tmp_path / "site")
        monkeypatch.setenv("BADGE_KEY", BADGE_KEY)
        return await open_addon("badge,tokens")

    async def test_lets_in_whom_it_knows_with_what_it_says(self, gated: RunningAddon) -> None:
        tenant = await gated.any_tenant()
        made = await create(gated, badge(tenant), accesses=["karma.give"])
        assert made.status_code == 201
        assert (await create(gated, badge(tenant), accesses=["reports.web.read"])).status_code == 422
        for wrong in (
            badge(tenant, key="another"),
            {"X-Badge": ""},
            {"X-Badge": "x " * 4000},
        ):
            assert (await create(gated, wrong)).status_code == 401
        # What it does not know no other backend answers for, and it reads nothing but its own.
        token = {"Authorization": f"Bearer {await gated.api_token(await gated.install(room_id=None))}"}
        assert (await create(gated, token)).status_code == 201
        assert (await create(gated, token | {"X-Badge": "x"})).status_code == 401

    async def test_is_on_where_the_setting_names_it_alone(self, gated: RunningAddon, open_addon: OpenAddon) -> None:
        assert (await gated.http.get("/api/backends")).json() == {"items": ["badge", "tokens"]}
        plain = await open_addon("page,tokens")
        tenant = await plain.any_tenant()
        assert (await create(plain, badge(tenant))).status_code == 401

    async def test_has_settings_of_its_own_that_the_check_knows(
        self, gated: RunningAddon, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        env = tmp_path / "some.env"
        env.write_text("BADGE_KEY=x\nBADGE_KEI=x\nAUTH_BACKENDS=badge\nAUTH_BACKEND=x\n", encoding="utf-8")
        known = unknown_names(gated.parts.settings_models, file=env)
        assert known == {"BADGE_KEI": "BADGE_KEY", "AUTH_BACKEND": "AUTH_BACKENDS"}
        monkeypatch.delenv("BADGE_KEY")
        with pytest.raises(ConfigurationError, match="BADGE_KEY: Field required"):
            make(settings, "badge")

    def test_is_found_by_what_its_own_metadata_says(self) -> None:
        assert badge_place() == "connect_badge:BadgeBackend"
        assert (PACKAGE / "connect_badge" / "__init__.py").is_file()


class TestStart:
    """What is enabled and cannot be used stops it, with one sentence that says what to do."""

    def test_names_what_is_missing_and_what_is_there(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        install(monkeypatch, tmp_path / "site", "odd", f"{HERE}:Odd")
        with pytest.raises(ConfigurationError) as caught:
            make(settings, "page", "ldap")
        assert str(caught.value) == (
            "AUTH_BACKENDS names 'ldap', which is not installed. Known: page, tokens, passwords, odd. Install its "
            "package (again, when its pyproject.toml changed), or take it out of AUTH_BACKENDS."
        )

    @pytest.mark.parametrize(
        ("place", "said"),
        [
            ("connect_nowhere:Backend", "ModuleNotFoundError"),
            (f"{HERE}:Nothing", "AttributeError"),
            (f"{HERE}:Raising", "LookupError: no directory answers"),
            (f"{HERE}:NOT_CALLABLE", "TypeError"),
            (f"{HERE}:Half", "it lacks authenticate"),
            (f"{HERE}:OtherName", "its name is 'even'"),
            (f"{HERE}:Blocking", "authenticate must be a coroutine"),
            (f"{HERE}:Awaited", "can_handle must be a plain function"),
        ],
    )
    def test_names_what_is_broken(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: str, said: str
    ) -> None:
        install(monkeypatch, tmp_path / "site", "odd", place)
        with pytest.raises(ConfigurationError) as caught:
            make(settings, "odd")
        for part in (said, "'odd'", place, "take odd out of AUTH_BACKENDS"):
            assert part in str(caught.value)
        assert "\n" not in str(caught.value)
        assert make(settings, "page").addon

    def test_refuses_one_name_of_two_packages_and_twice(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        install(monkeypatch, tmp_path / "one", "odd", f"{HERE}:Odd")
        install(monkeypatch, tmp_path / "other", "odd", f"{HERE}:OtherName", "another-package")
        with pytest.raises(ConfigurationError, match=r"which two packages bring: .*Uninstall one"):
            make(settings, "odd")
        with pytest.raises(ConfigurationError, match="names 'page' twice"):
            make(settings, "page", "tokens", "page")

    async def test_takes_ours_whatever_a_package_calls_itself(
        self, open_addon: OpenAddon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        install(monkeypatch, tmp_path / "site", "tokens", f"{HERE}:Raising")
        assert (await (await open_addon("tokens")).http.get("/api/backends")).json() == {"items": ["tokens"]}

    def test_of_a_command_says_the_same(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SECRET_KEYS", KEY)
        monkeypatch.setenv("AUTH_BACKENDS", "page, ldap")
        assert main(["check"]) == 1
        assert capsys.readouterr().err.startswith("AUTH_BACKENDS names 'ldap', which is not installed.")

    def test_reads_the_setting_as_a_list_in_order(self) -> None:
        read = load_settings(Settings, _env_file=None, secret_keys=KEY, auth_backends=" passwords ,page,,")
        assert read.auth_backends == ("passwords", "page")
        assert load_settings(Settings, _env_file=None, secret_keys=KEY).auth_backends == ("page", "tokens")


class TestFailing:
    @pytest.fixture
    async def odd(self, open_addon: OpenAddon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RunningAddon:
        install(monkeypatch, tmp_path / "site", "odd", f"{HERE}:Odd")
        return await open_addon("odd,tokens")

    @pytest.mark.parametrize(
        ("what", "status", "code"),
        [
            ("nobody", 401, "not_authenticated"),
            ("raises", 503, "backend_failed"),
            ("cannot tell", 503, "backend_failed"),
            ("times out", 503, "backend_failed"),
            ("hangs", 503, "backend_failed"),
            ("returns a name", 503, "backend_failed"),
            ("changes the request", 503, "backend_failed"),
            ("forbids", 403, "not_allowed"),
        ],
    )
    async def test_is_an_answer_and_no_other_is_tried(
        self,
        odd: RunningAddon,
        monkeypatch: pytest.MonkeyPatch,
        start_log: Callable[..., Log],
        what: str,
        status: int,
        code: str,
    ) -> None:
        log = start_log(as_json=True)
        monkeypatch.setattr(asking, "LONGEST", 0.2 if what == "hangs" else 60.0)
        good = {"Authorization": f"Bearer {await odd.api_token(await odd.install())}"}
        assert (await create(odd, good)).status_code == 201
        answer = await create(odd, good | {"X-Odd": what})
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert set(answer.json()) == {"error"}
        if status == 503:
            assert answer.headers["retry-after"]
            assert "the backend odd of AUTH_BACKENDS failed: " in log.text
            # The line of the package's own, even where a library raises.
            assert what in {"hangs", "returns a name"} or "Error at broken.py:" in log.text
        assert SECRET not in log.text + answer.text
        assert (await create(odd, good)).status_code == 201

    async def test_in_finding_a_tenant_lets_nobody_in(self, odd: RunningAddon) -> None:
        installation = await odd.install()
        tenant = await odd.tenant(installation)
        assert (await create(odd, {"X-Odd": tenant.id})).status_code == 201
        async with odd.parts.database.session() as session:
            foreign = await add_tenant(session, "f" * 32, host="other")
        for wrong in (foreign.id, "0" * 32, tenant.id.upper(), f"{tenant.id}'--", "%00"):
            assert (await create(odd, {"X-Odd": wrong})).status_code == 401
        await odd.leave(installation)
        assert (await create(odd, {"X-Odd": tenant.id})).status_code == 401


class TestTenant:
    async def test_that_is_not_installed_any_more_is_nobodys(self, open_addon: OpenAddon) -> None:
        addon = await open_addon("tokens")
        tenant = await addon.any_tenant()
        hosts = list(addon.parts.hosts)
        assert await find_tenant(addon.parts.database, hosts, tenant.id) == tenant
        assert await find_tenant(addon.parts.database, [], tenant.id) is None
        await addon.parts.doubts.begin(tenant)
        assert await find_tenant(addon.parts.database, hosts, tenant.id) is None
        assert await Users(addon.parts.database, hosts).find(tenant.id, "eve") is None

    @pytest.mark.parametrize(
        ("changes", "hosts"),
        [({"state": TenantState.SUSPENDED}, ["hipchat"]), ({}, ["another"])],
        ids=["suspended", "host that is off"],
    )
    async def test_that_a_backend_remembered_is_looked_at_again(
        self, open_addon: OpenAddon, changes: dict[str, Any], hosts: list[str]
    ) -> None:
        tenant = await (await open_addon("tokens")).any_tenant()

        told = [replace(tenant, **changes)]

        class Remembers:
            name = "remembers"

            def can_handle(self, _: BackendRequest) -> bool:
                return True

            async def authenticate(self, _: BackendRequest) -> Principal:
                return Principal(told[-1], Caller())

        head = BackendRequest("POST", b"/", b"", ())
        with pytest.raises(NotKnown):
            await Backends([Remembers()], hosts=hosts).authenticate(head)
        told.append(tenant)
        assert (await Backends([Remembers()], hosts=["hipchat"]).authenticate(head)).tenant == tenant


class TestRequest:
    def test_is_the_same_for_everybody_and_shows_no_secret(self) -> None:
        request = BackendRequest(
            "POST", b"/", b"", ((b"authorization", b"Basic c2VjcmV0"), (b"x-two", b"1"), (b"x-two", b"2"))
        )
        assert request.authorization == ("basic", "c2VjcmV0")
        assert request.header("X-Two") is None
        assert "c2VjcmV0" not in repr(request)
        with pytest.raises(FrozenInstanceError):
            request.client = "elsewhere"  # type: ignore[misc]


class TestListing:
    async def test_is_for_anybody_and_documented_with_an_example(self, passworded: RunningAddon) -> None:
        answer = await passworded.http.get("/api/backends")
        assert (answer.status_code, answer.json()) == (200, {"items": ["page", "tokens", "passwords"]})
        document: dict[str, Any] = (await passworded.http.get("/openapi.json")).json()
        operation = document["paths"]["/api/backends"]["get"]
        assert "security" not in operation
        name = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert document["components"]["schemas"][name]["examples"] == [{"items": ["page", "tokens", "passwords"]}]
        asked = document["paths"]["/api/tokens"]["post"]["security"]
        assert asked == [{"ApiToken": ["tokens.create"]}, {"PageToken": []}, {"Password": []}]
        assert document["components"]["securitySchemes"]["Password"]["scheme"] == "basic"

    async def test_and_the_document_say_what_is_on(
        self, open_addon: OpenAddon, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        install(monkeypatch, tmp_path / "site", "odd", f"{HERE}:Odd")
        addon = await open_addon("odd,page")
        document = json.loads((await addon.http.get("/openapi.json")).text)
        assert document["paths"]["/api/tokens"]["get"]["security"] == [{"PageToken": []}, {"OtherBackend": []}]
        assert "Password" not in document["components"]["securitySchemes"]


class TestOff:
    async def test_lets_nobody_in_by_it(self, open_addon: OpenAddon) -> None:
        addon = await open_addon("passwords")
        installation = await addon.install()
        tenant = await addon.tenant(installation)
        await add_user(addon, tenant)
        token = await addon.api_token(installation)
        assert (await create(addon, header(await page_token(addon, installation, "")))).status_code == 401
        assert (await create(addon, {"Authorization": f"Bearer {token}"})).status_code == 401
        assert (await create(addon, basic(tenant, password=PASSWORD))).status_code == 201
        # API tokens open what they opened: a backend is about how one gets a token.
        read = await addon.http.get("/showcase/reports/web", headers={"Authorization": f"Bearer {token}"})
        assert read.status_code == 200
