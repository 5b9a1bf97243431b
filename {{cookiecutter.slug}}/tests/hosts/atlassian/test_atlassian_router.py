"""JiraRouter and ConfluenceRouter: what they collect, what they refuse at once, and what mypy refuses before that."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from mypy import api

from app.connect.application import ROOT
from app.connect.errors import ConfigurationError
from app.connect.hosts.atlassian import (
    ConfluenceCtx,
    ConfluenceRouter,
    IssueCreated,
    IssueUpdated,
    JiraCtx,
    JiraRouter,
    PageUpdated,
)
from app.connect.hosts.atlassian.module_types import CALL
from app.connect.hosts.atlassian.webhooks import WebhookOptions


async def on_issue(ctx: JiraCtx, event: IssueUpdated) -> None:
    """Take an issue."""


async def on_body(ctx: JiraCtx, body: dict[str, Any]) -> None:
    """Take an event as it came."""


async def on_nothing(ctx: JiraCtx) -> None:
    """Take nothing."""


async def on_page(ctx: ConfluenceCtx, event: PageUpdated) -> None:
    """Take a page."""


class TestEvents:
    def test_are_named_by_their_model_and_narrowed_at_the_host(self) -> None:
        router = JiraRouter()
        router.on(IssueUpdated, filter="project = TP", property_keys=["builds"])(on_issue)
        router.on(IssueUpdated, key="again")(on_issue)
        router.on_raw("jira:version_released")(on_body)
        router.on_call("close")(on_body)
        told = [(one.host, one.key, one.event, one.takes, one.options) for one in router.events]
        assert told == [
            (
                "jira",
                "jira-issue_updated",
                "jira:issue_updated",
                IssueUpdated,
                WebhookOptions("project = TP", ("builds",)),
            ),
            ("jira", "again", "jira:issue_updated", IssueUpdated, None),
            ("jira", "jira-version_released", "jira:version_released", None, None),
            ("jira", "close", CALL, None, None),
        ]

    def test_of_confluence_have_its_names(self) -> None:
        router = ConfluenceRouter()
        router.on(PageUpdated)(on_page)
        assert [(one.host, one.key, one.event) for one in router.events] == [
            ("confluence", "page_updated", "page_updated")
        ]

    @pytest.mark.parametrize(
        ("declare", "said"),
        [
            (lambda: JiraRouter().on(PageUpdated), "on(PageUpdated): that is no event of jira. Use one of its models"),
            (
                lambda: ConfluenceRouter().on(IssueUpdated),
                "on(IssueUpdated): that is no event of confluence. Use one of its models, or on_raw with a name.",
            ),
            (
                lambda: JiraRouter().on_raw("jira:issue_update"),
                "on_raw('jira:issue_update'): there is no such event. Did you mean 'jira:issue_updated'?",
            ),
            (
                lambda: JiraRouter().on(IssueCreated)(on_issue),  # type: ignore[arg-type]
                "the handler of jira:issue_created: annotate on_issue's second parameter with IssueCreated.",
            ),
            (
                lambda: JiraRouter().on_raw("new")(on_nothing),  # type: ignore[arg-type]
                "the handler of new: on_nothing takes (ctx, event). Add the event.",
            ),
        ],
        ids=["model", "model-of-jira", "misspelt", "annotation", "no-event"],
    )
    def test_that_cannot_be_are_refused_at_once(self, declare: Callable[[], object], said: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            declare()
        assert said in str(refused.value)

    def test_that_nobody_documents_pass(self) -> None:
        router = JiraRouter()
        router.on_raw("something_that_came_later")(on_body)
        assert router.events[0].event == "something_that_came_later"


HEAD = """
from typing import Any

from app.connect import Ctx, Page
from app.connect.hosts.atlassian import (
    ConfluenceCtx, ConfluenceRouter, IssueCreated, IssueUpdated, JiraCtx, JiraRouter, PageUpdated, Storage,
)

jira = JiraRouter()
confluence = ConfluenceRouter()
"""
WRONG = {
    "context_of_the_other": """
@jira.dialog("ask")
async def ask(ctx: ConfluenceCtx) -> Page: return ctx.render("a.html")
""",
    "event": """
@jira.on(IssueUpdated)
async def updated(ctx: JiraCtx, event: IssueCreated) -> None: ctx.log.info(event.issue.key)
""",
    "answer_of_an_event": """
@confluence.on(PageUpdated)
async def updated(ctx: ConfluenceCtx, event: PageUpdated) -> str: return event.page.title
""",
    "storage": """
@confluence.storage("note")
async def note(ctx: ConfluenceCtx) -> Page: return ctx.render("a.html")
""",
    "macro": """
@confluence.macro("chart")
async def chart(ctx: ConfluenceCtx) -> Storage: return Storage("<p/>")
""",
}
RIGHT = {
    "everything": """
@jira.page("hello")
async def hello(ctx: Ctx) -> Page: return ctx.render("a.html")

@jira.create("close", require_admin=True)
async def create(ctx: JiraCtx) -> Page | None: return None

@jira.on(IssueUpdated, filter="project = TP")
async def updated(ctx: JiraCtx, event: IssueUpdated) -> None: ctx.log.info(event.issue.summary)

@jira.on_raw("jira:version_released")
async def released(ctx: JiraCtx, body: dict[str, Any]) -> None: ctx.log.info("%s", body)

@jira.on_call("close")
async def close(ctx: JiraCtx, body: dict[str, Any]) -> None: ctx.log.info("%s", body)

@confluence.on_call("context", inline=True)
async def context(ctx: ConfluenceCtx, body: dict[str, Any]) -> dict[str, str]: return {"title": "A"}

@confluence.storage("note")
async def note(ctx: ConfluenceCtx) -> Storage: return Storage("<p>note</p>")

@confluence.macro("chart")
async def chart(ctx: ConfluenceCtx) -> Page: return ctx.render("a.html")
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
        assert [line for line in errors[name] if line.endswith("[arg-type]")], errors[name]

    @pytest.mark.parametrize("name", RIGHT)
    def test_lets_pass(self, errors: Mapping[str, list[str]], name: str) -> None:
        assert errors[name] == []
