"""addon.toml, the handlers and the descriptor they make together: every mistake stops the start and says its fix."""

import inspect
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.connect import AddonRouter, ConfigForm, Context, Ctx, CurrentTenant, Glance, Page, RoomEnter, RoomMessage
from app.connect.cli import main
from app.connect.declare.addon import Addon, join
from app.connect.declare.manifest import Manifest, read_manifest
from app.connect.declare.router import ModuleKind
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat.dialect import describe
from app.connect.serving.checks import unproven_routes
from devhost.world.installations import Installation
from tests.connect.showcase import MANIFEST, make_router
from tests.support.running import ADDON, DESCRIPTOR, KEY, RunningAddon

ABOUT = """
[addon]
key = "com.example.test"
name = "Test"
description = "A test"
"""
LONG = "x" * 101


def manifest(text: str = "") -> Manifest:
    """Read an addon.toml that has nothing to check on disk."""
    return Manifest.model_validate(tomllib.loads(ABOUT + text))


def complaints(folder: Path, text: str) -> str:
    """Write an addon.toml and return what stops the start."""
    path = folder / "addon.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        read_manifest(path)
    return str(refused.value)


def mismatch(router: AddonRouter, text: str = "") -> str:
    """Join an addon.toml with a router and return what stops the start."""
    with pytest.raises(ConfigurationError) as refused:
        join(manifest(text), [router], base_url=ADDON)
    return str(refused.value)


def described(router: AddonRouter | None = None, text: str = "") -> dict[str, Any]:
    """Return the descriptor of an add-on."""
    return describe(join(manifest(text), [router or AddonRouter()], base_url=ADDON))


def not_allowed(router: AddonRouter | None = None, text: str = "") -> str:
    """Return what HipChat does not allow."""
    with pytest.raises(ConfigurationError) as refused:
        described(router, text)
    return str(refused.value)


class TestLimits:
    """Limits of the protocol, section 2 of its reference; each message names file, key and fix."""

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (f'[panel.a]\nname = "{LONG}"', "panel.a.name: is too long; the host allows 100 characters"),
            ('[panel.a]\nname = ""', "panel.a.name: is empty; write at least one character"),
            ('[panel.a]\nname = "   "', "panel.a.name: is empty; write at least one character"),
            ("[panel.a]", "panel.a.name: is missing; add it"),
            ('[panel.a]\nnme = "A"\nname = "A"', "panel.a.nme: is not known here; check its spelling or remove it"),
            ('[panel."a b"]\nname = "A"', "panel.a b: is not a key; use letters, digits, '_', '-' and '.' only"),
            (f'[panel.{"a" * 41}]\nname = "A"', f"panel.{'a' * 41}: is too long; the host allows 40 characters"),
            ('[panel.a]\nname = "A"\nweight = "low"', "panel.a.weight: Input should be a valid integer"),
            ('[glance.a]\nname = "A"', "glance.a.icon: is missing; add it"),
            (
                '[glance.a]\nname = "A"\nicon = "a.svg"\nopens = "b"',
                'glance.a.opens: there is no module "b"; add [panel.b]',
            ),
            ('[dialog.a]\ntitle = "A"\nsize = "huge"', "dialog.a.size: must be one of 'small', 'medium', 'large'"),
            ('[dialog.a]\ntitle = "A"\nwidth = "4em"\nheight = "1px"', "dialog.a.width: does not have the form"),
            ('[dialog.a]\ntitle = "A"\nwidth = "4px"', "dialog.a: width and height go together; add the missing one"),
            (
                '[dialog.a]\ntitle = "A"\nsize = "small"\nwidth = "4px"\nheight = "50%"',
                "dialog.a: size and width exclude each other; remove one",
            ),
            ('[dialog.a]\ntitle = "A"\nstyle = "loud"', "dialog.a.style: must be one of 'normal' or 'warning'"),
            ('[dialog.a]\ntitle = "A"\n[dialog.a.primary]\nkey = "k"', "dialog.a.primary.name: is missing; add it"),
            (
                '[action.a]\nname = "A"\nlocation = "sidebar"\nopens = "b"',
                "action.a.location: must be one of 'hipchat.message.action' or 'hipchat.input.action'",
            ),
            (
                '[action.a]\nname = "A"\nlocation = "hipchat.input.action"\nopens = "b"',
                'action.a.opens: there is no module "b"; add [panel.b] or name another',
            ),
            ('[action.a]\nname = "A"\nlocation = "hipchat.input.action"', "action.a.opens: is missing; add it"),
            ("[webhook.a]", "webhook: is not known here; check its spelling or remove it"),
        ],
    )
    def test_of_modules(self, tmp_path: Path, text: str, line: str) -> None:
        said = complaints(tmp_path, ABOUT + text)
        assert said.startswith("addon.toml needs mending:\n")
        assert line in said

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            ('key = "two words"', r"addon.key: does not have the form ^\S+$"),
            ('key = ""', "addon.key: is empty; write at least one character"),
            (f'name = "{LONG}"', "addon.name: is too long; the host allows 100 characters"),
            (f'description = "{"x" * 251}"', "addon.description: is too long; the host allows 250 characters"),
            ('vendor = { name = "V" }', "addon.vendor.url: is missing; add it"),
            ('vendor = { name = "V", url = "v.example" }', "addon.vendor.url: write a whole address, such as https://"),
            (
                'vendor = { name = "V", url = "https://v.example", mail = "v" }',
                "addon.vendor.mail: is not known here; check its spelling or remove it",
            ),
            ('homepage = "/home"', "addon.homepage: write a whole address, such as https://example.com"),
            ('install = ["everywhere"]', "addon.install.0: must be one of 'room' or 'group'"),
            ("install = []", "addon.install: Tuple should have at least 1 item"),
            ('scopes = "view_room"', "addon.scopes: Input should be a valid tuple"),
        ],
    )
    def test_of_the_addon_itself(self, tmp_path: Path, change: str, line: str) -> None:
        name = change.partition(" ")[0]
        others = "\n".join(kept for kept in ABOUT.splitlines() if not kept.startswith(f"{name} ="))
        assert f"  {line}" in complaints(tmp_path, f"{others}\n{change}\n")

    def test_every_mistake_is_named_at_once(self, tmp_path: Path) -> None:
        said = complaints(tmp_path, '[addon]\nkey = "a"\n[panel.a]\n[glance.b]\nname = "B"\n')
        for line in ("addon.name: is missing", "addon.description: is missing", "panel.a.name", "glance.b.icon"):
            assert line in said

    def test_of_toml_itself(self, tmp_path: Path) -> None:
        assert "addon.toml is not TOML" in complaints(tmp_path, "[addon\nkey = 1")
        (tmp_path / "addon.toml").write_bytes(b'[addon]\nname = "\xff"')
        with pytest.raises(ConfigurationError, match=r"addon\.toml is not TOML.*Mend that line"):
            read_manifest(tmp_path / "addon.toml")
        (tmp_path / "addon.toml").unlink()
        with pytest.raises(ConfigurationError, match=r"addon\.toml is missing\. Start the add-on in the folder"):
            read_manifest(tmp_path / "addon.toml")

    def test_never_repeat_the_value(self, tmp_path: Path) -> None:
        """What a person pastes by mistake may be a secret."""
        assert "s3cr3t" not in complaints(tmp_path, ABOUT + f'[panel.a]\nname = "{"s3cr3t" * 20}"\nweight = "s3cr3t"')

    def test_everything_that_is_allowed_passes(self, tmp_path: Path) -> None:
        path = tmp_path / "addon.toml"
        path.write_text(ABOUT + f'[panel.{"a" * 40}]\nname = "{"x" * 100}"\nweight = -5\n', encoding="utf-8")
        assert read_manifest(path).panel["a" * 40].weight == -5


class TestConditions:
    SECTIONS = {
        "glance": 'name = "A"\nicon = "a.svg"',
        "panel": 'name = "A"',
        "action": 'name = "A"\nlocation = "hipchat.input.action"\nopens = "p"\n[panel.p]\nname = "P"',
    }
    WHERE = {
        "room_is_public": {"glance", "panel", "action"},
        "user_is_admin": {"glance", "panel", "action"},
        "user_is_guest": {"glance", "panel", "action"},
        "user_is_room_owner": {"glance", "panel", "action"},
        "glance_matches": {"glance"},
        "message_matches": {"action"},
        "message_contains_link": {"action"},
        "message_sent_by_current_user": {"action"},
        "card_matches": {"action"},
    }

    def section(self, kind: str, conditions: str) -> str:
        return f"{ABOUT}[{kind}.a]\nconditions = [{conditions}]\n{self.SECTIONS[kind]}"

    @pytest.mark.parametrize("kind", ["glance", "panel", "action"])
    @pytest.mark.parametrize("name", WHERE)
    def test_apply_where_the_protocol_says(self, tmp_path: Path, kind: str, name: str) -> None:
        for form in (f'{{ condition = "{name}" }}', f'{{ type = "or", conditions = [{{ condition = "{name}" }}] }}'):
            text = self.section(kind, form)
            if kind in self.WHERE[name]:
                (tmp_path / "addon.toml").write_text(text, encoding="utf-8")
                assert len(getattr(read_manifest(tmp_path / "addon.toml"), kind)["a"].conditions) == 1
            else:
                assert f"{kind}.a.conditions: {name} does not apply to a {kind}; remove it" in complaints(
                    tmp_path, text
                )

    @pytest.mark.parametrize(
        "conditions",
        [
            '{ condition = "is_sunny" }',
            '{ condition = "room_is_public", inverted = true }',
            '{ type = "xor", conditions = [] }',
            '{ type = "or" }',
            '{ type = "or", conditions = [{ type = "and", conditions = [{ type = "or", conditions = [] }] }] }',
            '"room_is_public"',
        ],
    )
    def test_are_refused_in_any_other_form(self, tmp_path: Path, conditions: str) -> None:
        assert "panel.a.conditions.0" in complaints(tmp_path, self.section("panel", conditions))

    def test_of_an_action_alone_are_found_in_a_composite_of_a_composite(self, tmp_path: Path) -> None:
        inner = '{ type = "and", conditions = [{ condition = "card_matches" }] }'
        text = self.section("panel", f'{{ type = "or", conditions = [{inner}] }}')
        assert "panel.a.conditions: card_matches does not apply to a panel; remove it" in complaints(tmp_path, text)

    def test_reach_the_descriptor(self) -> None:
        text = """
        [panel.a]
        name = "A"
        conditions = [
            { condition = "room_is_public", invert = true },
            { type = "or", conditions = [{ condition = "user_is_admin" }, { condition = "user_is_room_owner" }] },
        ]
        """
        router = AddonRouter()
        router.panel("a")(show)
        assert described(router, textwrap.dedent(text))["capabilities"]["webPanel"][0]["conditions"] == [
            {"condition": "room_is_public", "invert": True, "params": {}},
            {
                "type": "or",
                "conditions": [
                    {"condition": "user_is_admin", "invert": False, "params": {}},
                    {"condition": "user_is_room_owner", "invert": False, "params": {}},
                ],
            },
        ]


async def show(ctx: Ctx) -> Page:
    return ctx.render("connect/frame.html")


async def glance(ctx: Ctx) -> Glance:
    return Glance(label="A")


class TestJoin:
    @pytest.mark.parametrize("kind", ModuleKind)
    def test_section_without_handler_prints_the_handler(self, kind: ModuleKind) -> None:
        label = "title" if kind is ModuleKind.DIALOG else "name"
        icon = '\nicon = "https://example.com/a.svg"' if kind is ModuleKind.GLANCE else ""
        said = mismatch(AddonRouter(), f'[{kind}.my-list]\n{label} = "A"{icon}')
        lines = textwrap.dedent(said.partition("Add to app/addon/pages.py:\n")[2])
        router = AddonRouter()
        exec(lines, {"router": router, "Ctx": Ctx, "Page": Page, "Glance": Glance})  # noqa: S102 - it must run
        assert [(module.kind, module.key) for module in router.modules] == [(kind, "my-list")]

    @pytest.mark.parametrize("kind", ModuleKind)
    def test_handler_without_section_prints_the_section(self, kind: ModuleKind) -> None:
        router = AddonRouter()
        getattr(router, kind)("list")(show)
        said = mismatch(router)
        lines = textwrap.dedent(said.partition("Add to addon.toml:\n")[2])
        assert set(join(manifest(lines), [router], base_url=ADDON).modules) == {(kind, "list")}

    def test_every_mismatch_is_named_at_once(self) -> None:
        router = AddonRouter()
        router.panel("one")(show)
        said = mismatch(router, '[panel.two]\nname = "Two"\n[page.three]')
        for line in ("[panel.one]", '@router.panel("two")', '@router.page("three")'):
            assert line in said

    @pytest.mark.parametrize(
        ("declare", "said"),
        [
            (lambda router: router.panel("a")(show), "The module 'panel.a' is declared 2 times. Give each a key"),
            (lambda router: router.on_event("room_enter")(show), "The event handler 'room_enter' is declared 2 times"),
            (lambda router: router.job("a")(show), "The job 'a' is declared 2 times"),
            (lambda router: router.every("a", hours=1)(show), "The schedule 'a' is declared 2 times"),
        ],
    )
    def test_same_key_twice_is_refused(self, declare: Callable[[AddonRouter], object], said: str) -> None:
        router = AddonRouter()
        declare(router)
        declare(router)
        assert said in mismatch(router, '[panel.a]\nname = "A"')

    def test_same_key_in_two_kinds_of_modules_is_fine(self) -> None:
        router = AddonRouter()
        router.panel("a")(show)
        router.dialog("a")(show)
        assert (
            len(join(manifest('[panel.a]\nname = "A"\n[dialog.a]\ntitle = "A"'), [router], base_url=ADDON).modules) == 2
        )

    def test_two_settings_forms_are_refused(self) -> None:
        router = AddonRouter()
        router.settings(type("One", (ConfigForm,), {}))
        router.settings(type("Two", (ConfigForm,), {}))
        assert "One and Two are both declared as settings. Keep one @router.settings." in mismatch(router)


class TestDeclarations:
    """What is wrong with one handler alone is said where it is declared."""

    @pytest.mark.parametrize(
        ("declare", "said"),
        [
            (lambda router: router.panel("a b")(show), "panel: 'a b' is not a key. Use 1 to 40 letters"),
            (lambda router: router.panel("a" * 41)(show), "is not a key. Use 1 to 40 letters"),
            (lambda router: router.panel("ä")(show), "is not a key. Use 1 to 40 letters"),
            (lambda router: router.panel("a")(lambda ctx: ctx), "is not a coroutine. Write `async def"),
            (lambda router: router.on_message("a", pattern="(")(show), "'(' is not a pattern"),
            (
                lambda router: router.on_message("a", pattern="a" * 1_001),
                "the pattern is over 1000 characters. Shorten",
            ),
            (lambda router: router.every("a")(show), "every('a') needs a length, such as hours=24"),
            (lambda router: router.job("a")(three), "takes (ctx: Ctx) or (ctx: Ctx, event: ...). Change it to that"),
            (lambda router: router.job("a")(unsaid), "say what unsaid takes, such as `payload: RoomMessage`"),
        ],
    )
    def test_are_refused(self, declare: Callable[[AddonRouter], object], said: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            declare(AddonRouter())
        assert said in str(refused.value)


async def three(ctx: Ctx, one: int, two: int) -> None:
    """Take too much."""


async def unsaid(ctx, payload) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the mistake
    """Not say what it takes."""


class TestHipChat:
    def test_scopes_it_does_not_have_are_refused_with_those_it_has(self) -> None:
        said = not_allowed(text='scopes = ["view_room", "read_minds"]')
        assert 'addon.toml: addon.scopes: "read_minds" is not a scope of HipChat; use admin_group, admin_room' in said
        assert '"view_room"' not in said

    def test_events_it_does_not_have_are_refused_with_those_it_has(self) -> None:
        router = AddonRouter()
        router.on_event("room_explodes")(show)
        assert "@router.on_event('room_explodes'): there is no such event; use room_archived" in not_allowed(router)

    def test_handler_that_takes_another_event_is_told_the_type(self) -> None:
        router = AddonRouter()

        @router.on_event("room_enter")
        async def greet(ctx: Ctx, message: RoomMessage) -> None:
            """Take the wrong thing."""

        assert "greet handles room_enter: annotate its second parameter with RoomEnter" in not_allowed(router)

    def test_webhooks_always_ask_for_a_signature(self) -> None:
        router = AddonRouter()
        router.on_message("said", pattern=r"^/said\b")(show)
        router.on_message("asked", pattern="asked", inline=True)(show)

        @router.on_event("room_enter", key="door")
        async def greet(ctx: Ctx, event: RoomEnter) -> None:
            """Greet."""

        webhooks = described(router)["capabilities"]["webhook"]
        assert [hook["authentication"] for hook in webhooks] == ["jwt", "jwt", "jwt"]
        assert webhooks[0] == {
            "key": "said",
            "name": "said",
            "event": "room_message",
            "url": f"{ADDON}/hipchat/webhook/said",
            "authentication": "jwt",
            "pattern": r"^/said\b",
        }
        assert webhooks[2]["event"] == "room_enter"
        assert "pattern" not in webhooks[2]

    def test_empty_addon_has_only_what_an_installation_needs(self) -> None:
        assert described() == {
            "key": "com.example.test",
            "name": "Test",
            "description": "A test",
            "links": {"self": DESCRIPTOR, "homepage": f"{ADDON}/"},
            "capabilities": {
                "hipchatApiConsumer": {"scopes": []},
                "installable": {
                    "allowGlobal": True,
                    "allowRoom": True,
                    "callbackUrl": f"{ADDON}/hipchat/installed",
                    "updateCallbackUrl": f"{ADDON}/hipchat/updated",
                },
            },
        }

    def test_every_member_of_addon_toml_arrives(self) -> None:
        text = """
        vendor = { name = "V", url = "https://v.example" }
        homepage = "https://home.example"
        from_name = "Tester"
        avatar = "face.svg"
        install = ["room"]
        [dialog.d]
        title = "D"
        style = "warning"
        width = "400px"
        height = "60%"
        hint = "Hint"
        filter_placeholder = "Find"
        primary = { name = "Do", key = "do", enabled = false }
        secondary = [{ name = "Leave" }]
        [page.p]
        """
        router = AddonRouter()
        router.dialog("d")(show)
        router.page("p")(show)
        document = described(router, textwrap.dedent(text))
        capabilities = document["capabilities"]
        assert document["vendor"] == {"name": "V", "url": "https://v.example"}
        assert document["links"]["homepage"] == "https://home.example"
        assert capabilities["hipchatApiConsumer"] == {
            "scopes": [],
            "fromName": "Tester",
            "avatar": f"{ADDON}/static/face.svg",
        }
        assert capabilities["installable"]["allowGlobal"] is False
        assert capabilities["dialog"][0]["options"] == {
            "style": "warning",
            "size": {"width": "400px", "height": "60%"},
            "hint": {"value": "Hint"},
            "filter": {"placeholder": {"value": "Find"}},
            "primaryAction": {"name": {"value": "Do"}, "key": "do", "enabled": False},
            "secondaryActions": [{"name": {"value": "Leave"}, "enabled": True}],
        }
        assert capabilities["externalPage"] == [{"key": "p", "url": f"{ADDON}/hipchat/page/p"}]

    def test_modules_name_their_signed_addresses(self) -> None:
        capabilities = describe(join(MANIFEST, [make_router()], base_url=ADDON))["capabilities"]
        assert capabilities["glance"][0]["queryUrl"] == f"{ADDON}/hipchat/glance/status"
        assert capabilities["glance"][0]["target"] == "list"
        assert capabilities["webPanel"][0]["url"] == f"{ADDON}/hipchat/panel/list"
        assert capabilities["webPanel"][0]["location"] == "hipchat.sidebar.right"
        assert capabilities["dialog"][0]["url"] == f"{ADDON}/hipchat/dialog/ask"
        assert capabilities["action"][0]["target"] == "ask"
        assert capabilities["configurable"] == {"url": f"{ADDON}/hipchat/settings", "authentication": "jwt"}
        for module in ("webPanel", "dialog"):
            assert capabilities[module][0]["authentication"] == "jwt"

    async def test_host_installs_what_is_served(self, showcase: RunningAddon) -> None:
        served = await showcase.http.get("/hipchat/capabilities.json")
        assert served.headers["content-type"] == "application/json"
        assert served.json() == describe(showcase.connect.addon)
        installation: Installation = await showcase.install()
        assert installation.descriptor.key == "com.example.showcase"


class TestProof:
    def test_routes_that_prove_nothing_are_named(self) -> None:
        router = AddonRouter()

        @router.route("/open", methods=["GET"])
        async def leak() -> str:
            return "everything"

        [line] = unproven_routes([router])
        assert line.startswith("/open: anybody can call leak. Give it a parameter `ctx: Ctx` or `ctx: ApiCtx`, or say")

    def test_routes_that_prove_something_or_are_public_are_not(self) -> None:
        router = AddonRouter()

        async def signed_too(ctx: Ctx) -> Context:
            return ctx

        @router.route("/one", methods=["GET"])
        async def one(ctx: Ctx) -> None:
            """Prove a tenant."""

        @router.route("/two", methods=["GET"])
        async def two(tenant: CurrentTenant) -> None:
            """Prove a tenant as well."""

        @router.route("/three", methods=["GET"], public=True)
        async def three_of_them() -> None:
            """Say that it is public."""

        assert unproven_routes([router]) == []


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEYS", KEY)


@pytest.mark.usefixtures("environment")
class TestCommand:
    def test_descriptor_prints_what_the_host_reads(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["descriptor"]) == 0
        printed = capsys.readouterr().out
        assert '"self": "http://127.0.0.1:8000/hipchat/capabilities.json"' in printed

    def test_descriptor_of_an_unknown_host_names_those_there_are(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["descriptor", "--host", "skype"]) == 1
        assert "There is no host 'skype'. Enabled: hipchat." in capsys.readouterr().err

    def test_check_finds_nothing_wrong_with_this_addon(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check"]) == 0
        assert "fit together" in capsys.readouterr().out

    def test_migrate_then_dead_then_replay(
        self, empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", empty_database_url)
        assert [main(["migrate"]), main(["dead"]), main(["replay", "7"])] == [0, 0, 1]
        said = capsys.readouterr()
        assert "The database schema is at head." in said.out
        assert "Nothing is dead." in said.out
        assert "There is no dead entry 7. Run `addon dead` for the list." in said.err

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("SECRET_KEYS", "", "SECRET_KEYS is missing; add this line to .env: SECRET_KEYS="),
            ("SECRET_KEYS", "short", "shorter than 32 characters; use a random one, such as"),
            ("DATABASE_URL", "mysql://db/x", "DATABASE_URL: the driver 'mysql' is not supported"),
            ("BASE_URL", "builds.example.com", "BASE_URL: write the public address of the add-on, such as https://"),
            ("HOSTS", "skype", "HOSTS names 'skype', which is not installed. Known: hipchat"),
        ],
    )
    def test_wrong_setting_is_named_with_its_fix(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, said: str
    ) -> None:
        monkeypatch.setenv(name, value)
        assert main(["check"]) == 1
        assert said in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [[], ["fly"], ["replay"], ["replay", "seven"]])
    def test_wrong_arguments_print_the_usage(self, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 2
        assert "usage: addon" in capsys.readouterr().err


class TestAddon:
    def test_addresses_are_never_written_by_hand(self) -> None:
        addon: Addon = join(MANIFEST, [make_router()], base_url="https://a.example/base")
        assert addon.url("hipchat", "glance", "status") == "https://a.example/base/hipchat/glance/status"
        assert addon.static_url("a.svg") == "https://a.example/base/static/a.svg"
        assert addon.static_url("https://b.example/a.svg") == "https://b.example/a.svg"
        assert inspect.iscoroutinefunction(addon.modules[ModuleKind.PANEL, "list"].call)
