"""What is wrong with one handler alone is said where it is declared, and a route that proves nothing is named."""

import inspect
from collections.abc import Callable

import pytest

from app.connect import AddonRouter, ApiCtx, ConfigForm, Context, Ctx, CurrentTenant, Page
from app.connect.declare.addon import Addon, join
from app.connect.declare.manifest import read_manifest
from app.connect.errors import ConfigurationError
from app.connect.serving.checks import unproven_routes, unreachable_routes
from tests.connect.showcase import DOCUMENT, make_routers
from tests.hosts.hipchat.tomls import (
    SECTIONS,
)


async def show(ctx: Ctx) -> Page:
    return ctx.render("connect/frame.html")


class TestDeclarations:
    """What is wrong with one handler alone is said where it is declared."""

    @pytest.mark.parametrize(
        ("declare", "said"),
        [
            (lambda router: router.panel("a b")(show), "panel: 'a b' is not a key. Use 1 to 40 letters"),
            (lambda router: router.panel("a" * 41)(show), "is not a key. Use 1 to 40 letters"),
            (lambda router: router.panel("ä")(show), "is not a key. Use 1 to 40 letters"),
            (lambda router: router.panel("a")(lambda ctx: ctx), "is not a coroutine. Write `async def"),
            (
                lambda router: router.every("a")(show),
                "every('a') needs a length such as hours=24, or a time such as at='09:30'.",
            ),
            (lambda router: router.job("a")(three), "takes (ctx: Ctx) or (ctx: Ctx, event: ...). Change it to that"),
            (lambda router: router.job("a")(unsaid), "say what unsaid takes: annotate 'payload'."),
        ],
    )
    def test_are_refused(self, declare: Callable[[AddonRouter], object], said: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            declare(AddonRouter())
        assert said in str(refused.value)

    def test_of_two_routes_by_one_function_are_refused(self) -> None:
        """What the second demands would be asked of the first, too."""
        router = AddonRouter()
        router.route("/one", methods=["GET"], require_admin=True)(show)
        with pytest.raises(ConfigurationError) as refused:
            router.route("/two", methods=["GET"])(show)
        assert str(refused.value) == "/two: the same function answers another route. Write a second one."


async def three(ctx: Ctx, one: int, two: int) -> None:
    """Take too much."""


async def unsaid(ctx, payload) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the mistake
    """Not say what it takes."""


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


class TestAddon:
    def test_addresses_are_never_written_by_hand(self) -> None:
        shown = read_manifest(DOCUMENT, SECTIONS)
        addon: Addon = join(shown, make_routers(), base_url="https://a.example/base")
        assert addon.url("hipchat", "glance", "status") == "https://a.example/base/hipchat/glance/status"
        assert addon.static_url("a.svg") == "https://a.example/base/static/a.svg"
        assert addon.static_url("https://b.example/a.svg") == "https://b.example/a.svg"
        [panel] = [one for one in addon.modules_of("hipchat") if one.kind == "panel"]
        assert inspect.iscoroutinefunction(panel.call)


class Config(ConfigForm):
    """Settings."""

    name: str = "web"


class TestRouteForPrograms:
    """What it asks for is made on the settings page, which an add-on without settings does not have."""

    def test_is_named_where_no_page_makes_a_token(self) -> None:
        router = AddonRouter()

        @router.route("/api/things", methods=["GET"])
        async def things(ctx: ApiCtx) -> None:
            """Answer."""

        @router.route("/open", methods=["GET"], public=True)
        async def everybody() -> None:
            """Answer."""

        [line] = unreachable_routes([router])
        assert line.startswith("/api/things: things asks for an API token, and no page makes one")
        router.settings(Config)
        assert unreachable_routes([router]) == []
