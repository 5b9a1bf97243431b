"""What mypy says of handlers: it refuses the wrong context, event and return type, and lets the right ones pass.

One run over one small file a case, with the project's own configuration and its cache.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
from mypy import api

from app.connect.application import ROOT

HEAD = """
from app.connect import AddonRouter, ApiCtx, Context, Ctx, Done, Form, Page, Tenant, CurrentTenant, TokenFacts
from app.connect.hosts.hipchat import (
    Glance, HipChatContext, HipChatCtx, HipChatRouter, Notification, RoomEnter, RoomExit, RoomMessage,
)

router = AddonRouter()
hipchat = HipChatRouter()
"""
WRONG = {
    # A handler that needs a host on the router of every host.
    "portable_panel": """
@router.panel("report")
async def report(ctx: HipChatCtx) -> Page: return ctx.render("report.html")
""",
    "portable_job": """
@router.job("announce")
async def announce(ctx: HipChatCtx, payload: str) -> None: await ctx.room.notify(payload)
""",
    "portable_every": """
@router.every("digest", hours=24)
async def digest(ctx: HipChatCtx) -> None: await ctx.room.notify("hello")
""",
    "portable_installed": """
@router.on_installed
async def hello(ctx: HipChatCtx) -> None: await ctx.room.notify("hello")
""",
    "token_event": """
@router.on_token_expiring
async def warn(ctx: Ctx, token: str) -> None: ctx.log.info(token)
""",
    "token_event_without_token": """
@router.on_token_revoked
async def warn(ctx: Ctx) -> None: ctx.log.info("revoked")
""",
    "context_of_something_else": """
@hipchat.glance("builds")
async def builds(ctx: Tenant) -> Glance: return Glance(label=ctx.id)
""",
    # The wrong event.
    "event": """
@hipchat.on(RoomEnter)
async def entered(ctx: HipChatCtx, event: RoomExit) -> None: ctx.log.info(event.sender.name)
""",
    "event_of_a_message": """
@hipchat.on_message("list", pattern="x")
async def listed(ctx: HipChatCtx, message: RoomEnter) -> None: ctx.log.info(message.sender.name)
""",
    "no_event": """
@hipchat.on(Notification)
async def entered(ctx: HipChatCtx, event: Notification) -> None: ctx.log.info(event.message)
""",
    # The wrong answer.
    "glance": """
@hipchat.glance("builds")
async def builds(ctx: HipChatCtx) -> Page: return ctx.render("builds.html")
""",
    "panel": """
@hipchat.panel("report")
async def report(ctx: HipChatCtx) -> Glance: return Glance(label="none")
""",
    "portable_panel_answer": """
@router.panel("report")
async def report(ctx: Ctx) -> str: return "<p>no page</p>"
""",
    "message": """
@hipchat.on_message("list", pattern="x", inline=True)
async def listed(ctx: HipChatCtx, message: RoomMessage) -> str: return message.text
""",
    "job": """
@router.job("announce")
async def announce(ctx: Ctx, payload: str) -> str: return payload
""",
    "form": """
class Vote(Form): who: str
@router.form("vote", on="list")
async def vote(ctx: Ctx, vote: Vote) -> str: return vote.who
""",
    "no_coroutine": """
@router.panel("report")
def report(ctx: Ctx) -> Page: return ctx.render("report.html")
""",
    # What only one host has, asked of any context.
    "no_narrowing": """
@router.job("announce")
async def announce(ctx: Ctx, payload: str) -> None: await ctx.room.notify(payload)
""",
}
EXPECTED = dict.fromkeys(WRONG, "arg-type") | {"no_event": "type-var", "no_narrowing": "attr-defined"}
RIGHT = {
    "narrowing": """
@router.job("announce")
async def announce(ctx: Ctx, payload: str) -> None:
    match ctx:
        case HipChatContext():
            await ctx.room.notify(payload)
        case _:
            ctx.log.info("elsewhere")
""",
    "modules": """
@hipchat.glance("builds", require_admin=True)
async def builds(ctx: HipChatCtx) -> Glance: return Glance(label="none")

@hipchat.dialog("ask")
async def ask(ctx: HipChatContext) -> Page | None: return None

@router.panel("report")
async def report(ctx: Context) -> Page: return ctx.render("report.html")

@hipchat.page("overview")
async def overview(ctx: Ctx) -> Page: return ctx.render("report.html")
""",
    "events": """
@hipchat.on(RoomEnter)
async def entered(ctx: HipChatCtx, event: RoomEnter) -> None: await ctx.room.notify(event.sender.name)

@hipchat.on_message("list", pattern="x")
async def listed(ctx: HipChatCtx, message: RoomMessage) -> Notification | None: return None

@hipchat.on_message("help", pattern="y", inline=True)
async def helped(ctx: HipChatCtx, message: RoomMessage) -> Notification: return Notification(message=message.text)

@hipchat.on_raw("room_exit")
async def left(ctx: HipChatCtx, item: dict[str, object]) -> None: ctx.log.info("%s", item)
""",
    "work": """
class Vote(Form):
    who: str

@router.form("vote", on="list")
async def vote(ctx: Ctx, vote: Vote) -> Done: return Done(vote.who)

@router.job("announce")
async def announce(ctx: Ctx, payload: int) -> None: await ctx.enqueue("announce", payload + 1, key="one")

@hipchat.every("digest", at="09:30", timezone="Europe/Berlin")
async def digest(ctx: HipChatCtx) -> None: await ctx.group.push_glance("builds", Glance(label="none"))

@router.on_token_created
async def made(ctx: Ctx, token: TokenFacts) -> None: ctx.log.info(token.name)

@hipchat.on_token_expiring
async def warn(ctx: HipChatCtx, token: TokenFacts) -> None: await ctx.room.notify(token.name)

@hipchat.on_installed
async def hello(ctx: HipChatCtx) -> None: await ctx.room.notify("hello")

@router.route("/api/builds", methods=["POST"])
async def reported(ctx: ApiCtx, number: int) -> dict[str, int]: return {"number": number}

@router.route("/api/me", methods=["GET"])
async def me(tenant: CurrentTenant) -> dict[str, str]: return {"id": tenant.id}
""",
}


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[str]]:
    """Return what mypy says of each case, by its name."""
    folder = tmp_path_factory.mktemp("cases")
    for name, source in (WRONG | RIGHT).items():
        (folder / f"case_{name}.py").write_text(HEAD + source, encoding="utf-8")
    files = sorted(str(path) for path in folder.iterdir())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache")]
        said, trouble, status = api.run([*config, "--no-error-summary", "--hide-error-context", *files])
    assert not trouble
    assert status == 1, said
    found: dict[str, list[str]] = {name: [] for name in WRONG | RIGHT}
    for line in said.splitlines():
        if ": error: " in line:
            found[Path(line.partition(":")[0]).stem.removeprefix("case_")].append(line)
    return found


class TestMypy:
    @pytest.mark.parametrize("name", WRONG)
    def test_refuses(self, errors: Mapping[str, list[str]], name: str) -> None:
        assert [line for line in errors[name] if line.endswith(f"[{EXPECTED[name]}]")], errors[name]

    @pytest.mark.parametrize("name", RIGHT)
    def test_lets_pass(self, errors: Mapping[str, list[str]], name: str) -> None:
        assert errors[name] == []
