"""addon.toml joined with the handlers: every mismatch stops the start, and prints the lines that mend it."""

import textwrap
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from app.connect import AddonRouter, ConfigForm, Context, Ctx, Done, Form, Page
from app.connect.declare.addon import join
from app.connect.declare.manifest import read_manifest
from app.connect.declare.router import Router
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat import Glance, HipChatCtx, HipChatRouter, RoomEnter
from tests.hosts.hipchat.tomls import (
    ABOUT,
    manifest,
    mismatch,
)
from tests.support.running import ADDON


async def show(ctx: Ctx) -> Page:
    return ctx.render("connect/frame.html")


async def show_in_hipchat(ctx: HipChatCtx) -> Page:
    return ctx.render("connect/frame.html")


async def run(ctx: Context) -> None:
    """Run."""


async def glance(ctx: HipChatCtx) -> Glance:
    return Glance(label="A")


class Vote(Form):
    """A form."""

    who: str


async def take(ctx: Context, given: Vote) -> Done:
    return Done("Counted.")


async def greet(ctx: HipChatCtx, event: RoomEnter) -> None:
    """Greet."""


KINDS = ("glance", "panel", "dialog", "page")


def declare(kind: str, key: str) -> Router[Any]:
    """Declare a module on the router that has its kind."""
    router, hipchat = AddonRouter(), HipChatRouter()
    match kind:
        case "glance":
            hipchat.glance(key)(glance)
        case "dialog":
            hipchat.dialog(key)(show_in_hipchat)
        case "panel":
            router.panel(key)(show)
        case _:
            router.page(key)(show)
    return router if router.modules else hipchat


class TestJoin:
    @pytest.mark.parametrize("kind", KINDS)
    def test_section_without_handler_prints_the_handler(self, kind: str) -> None:
        label = "title" if kind == "dialog" else "name"
        icon = '\nicon = "https://example.com/a.svg"' if kind == "glance" else ""
        said = mismatch(text=f'[hipchat.{kind}.my-list]\n{label} = "A"{icon}')
        assert f"  addon.toml has [hipchat.{kind}.my-list], but nothing answers it. Add to a file that " in said
        lines = textwrap.dedent(said.partition("Add to a file that app/addon/__init__.py lists:\n")[2])
        router, hipchat = AddonRouter(), HipChatRouter()
        names = {"router": router, "hipchat": hipchat, "Ctx": Ctx, "Page": Page, "Glance": Glance}
        exec(lines, names)  # noqa: S102 - it must run
        assert [(one.kind, one.key) for one in (*router.modules, *hipchat.modules)] == [(kind, "my-list")]

    @pytest.mark.parametrize("kind", KINDS)
    def test_handler_without_section_prints_the_section(self, kind: str) -> None:
        router = declare(kind, "list")
        said = mismatch(router)
        assert f"  The {kind} 'list' has a handler, but no section in addon.toml. Add to addon.toml:" in said
        lines = textwrap.dedent(said.partition("Add to addon.toml:\n")[2])
        joined = join(manifest(lines), [router], base_url=ADDON)
        assert [(one.kind, one.key) for one in joined.modules_of("hipchat")] == [(kind, "list")]

    def test_every_mismatch_is_named_at_once(self) -> None:
        router = AddonRouter()
        router.panel("one")(show)
        said = mismatch(router, text='[hipchat.panel.two]\nname = "Two"\n[hipchat.page.three]')
        for line in ("[hipchat.panel.one]", '@router.panel("two")', '@router.page("three")'):
            assert line in said

    @pytest.mark.parametrize(
        ("declare", "said"),
        [
            (lambda router: router.panel("a")(show), "The module 'panel.a' is declared 2 times for hipchat. Give each"),
            (
                lambda router: router.on(RoomEnter)(greet),
                "The event handler 'hipchat.room_enter' is declared 2 times",
            ),
            (lambda router: router.job("a")(show), "The job 'a' is declared 2 times for hipchat. Give each a key"),
            (lambda router: router.every("a", hours=1)(show), "The schedule 'a' is declared 2 times"),
            (lambda router: router.form("a", on="a")(take), "The form 'a' is declared 2 times"),
        ],
    )
    def test_same_key_twice_is_refused(self, declare: Callable[[HipChatRouter], object], said: str) -> None:
        router = HipChatRouter()
        declare(router)
        declare(router)
        assert said in mismatch(router, text='[hipchat.panel.a]\nname = "A"')

    def test_same_key_in_two_kinds_of_modules_is_fine(self) -> None:
        text = '[hipchat.panel.a]\nname = "A"\n[hipchat.dialog.a]\ntitle = "A"'
        routers = [declare("panel", "a"), declare("dialog", "a")]
        joined = join(manifest(text), routers, base_url=ADDON)
        assert [(one.kind, one.key) for one in joined.modules_of("hipchat")] == [("panel", "a"), ("dialog", "a")]

    def test_two_settings_forms_are_refused(self) -> None:
        router = AddonRouter()
        router.settings(type("One", (ConfigForm,), {}))
        router.settings(type("Two", (ConfigForm,), {}))
        assert "One and Two are both declared as settings. Keep one @router.settings." in mismatch(router)

    def test_two_settings_forms_of_two_routers_of_one_host_are_refused(self) -> None:
        one, two = HipChatRouter(), HipChatRouter()
        one.settings(type("One", (ConfigForm,), {}))
        two.settings(type("Two", (ConfigForm,), {}))
        said = "One and Two are both declared as settings for hipchat. Keep one @hipchat.settings."
        assert said in mismatch(one, two)

    def test_same_key_twice_for_every_host_is_refused(self) -> None:
        one, two = AddonRouter(), AddonRouter()
        one.job("a")(run)
        two.job("a")(run)
        assert "The job 'a' is declared 2 times. Give each a key of its own." in mismatch(one, two)

    def test_form_on_an_unknown_module_is_refused(self) -> None:
        router = AddonRouter()
        router.form("vote", on="lst")(take)
        said = mismatch(router)
        assert "@router.form('vote', on='lst'): there is no module 'lst'. Name a panel or page." in said

    def test_handlers_of_a_host_that_is_not_enabled_are_refused(self) -> None:
        router = HipChatRouter()
        router.on(RoomEnter)(greet)
        with pytest.raises(ConfigurationError) as refused:
            join(read_manifest(tomllib.loads(ABOUT), {}), [router], base_url=ADDON)
        line = "  hipchat: there are handlers for this host, but HOSTS leaves it out. Add it, or remove them."
        assert line in str(refused.value)

    @pytest.mark.parametrize(
        "declare",
        [
            pytest.param(lambda router: router.job("a")(show), id="job"),
            pytest.param(lambda router: router.settings(type("One", (ConfigForm,), {})), id="settings"),
        ],
    )
    def test_jobs_and_settings_of_a_host_that_is_not_enabled_are_refused(
        self, declare: Callable[[HipChatRouter], object]
    ) -> None:
        router = HipChatRouter()
        declare(router)
        with pytest.raises(ConfigurationError, match="hipchat: there are handlers for this host, but HOSTS leaves it"):
            join(read_manifest(tomllib.loads(ABOUT), {}), [router], base_url=ADDON)

    def test_modules_of_a_host_that_is_not_enabled_are_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="hipchat: there are handlers for this host, but HOSTS leaves it"):
            join(read_manifest(tomllib.loads(ABOUT), {}), [declare("dialog", "a")], base_url=ADDON)


class TestWhoAnswers:
    def test_is_the_hosts_own_handler_before_the_portable_one(self) -> None:
        router, hipchat = AddonRouter(), HipChatRouter()
        router.panel("a")(show)
        hipchat.panel("b")(show_in_hipchat)
        router.page("b")(show)
        text = '[hipchat.panel.a]\nname = "A"\n[hipchat.panel.b]\nname = "B"\n[hipchat.page.b]'
        joined = join(manifest(text), [router, hipchat], base_url=ADDON)
        found = {(one.kind, one.key): (one.host, one.call) for one in joined.modules_of("hipchat")}
        assert found == {
            ("panel", "a"): (None, show),
            ("panel", "b"): ("hipchat", show_in_hipchat),
            ("page", "b"): (None, show),
        }

    def test_is_either_where_the_key_is_the_same(self) -> None:
        router, hipchat = AddonRouter(), HipChatRouter()
        router.panel("a")(show)
        hipchat.panel("a")(show_in_hipchat)
        joined = join(manifest('[hipchat.panel.a]\nname = "A"'), [router, hipchat], base_url=ADDON)
        assert [(one.host, one.call) for one in joined.modules_of("hipchat")] == [("hipchat", show_in_hipchat)]

    def test_forms_are_those_of_shown_modules(self) -> None:
        router = AddonRouter()
        router.panel("a")(show)
        router.form("vote", on="a")(take)
        joined = join(manifest('[hipchat.panel.a]\nname = "A"'), [router], base_url=ADDON)
        assert [(one.key, one.on, one.model) for one in joined.forms_of("hipchat")] == [("vote", "a", Vote)]


class TestOneFunction:
    def test_on_routes_of_two_routers_stops_the_start(self) -> None:
        """What the one demands would be asked of the other, or of neither."""
        router, hipchat = AddonRouter(), HipChatRouter()
        router.route("/one", methods=["GET"], require_admin=True)(show)
        hipchat.route("/two", methods=["GET"])(show)
        said = "  show: the same function answers routes of 2 routers. Write one for each."
        assert said in mismatch(router, hipchat)
