"""Patterns of message handlers: whatever an author writes and a stranger says, a search takes no time worth naming."""

import re
import time

import httpx
import pytest

from app.connect.application import Application
from app.connect.errors import ConfigurationError
from app.connect.hosts.hipchat import HipChatCtx, HipChatRouter, RoomMessage, RoomNotification
from app.connect.hosts.hipchat.patterns import LONGEST_TEXT, Pattern
from app.connect.settings import Settings
from devhost.testing import Devhost
from tests.connect.probe import DOCUMENT
from tests.support.running import ADDON, RunningAddon

SPLITS_IN_MANY_WAYS = r"^(a+)+$"
HEARD = [
    (r"^/builds\b", ["/builds", "/builds web", "/buildsweb", "say /builds", ""]),
    (r"(?i)\bdeploy (\w+)", ["please Deploy web", "deployed", "DEPLOY  x", "deploy ä"]),
    (r"^/x$", ["/x", "/x\n", "/x\n\n", "\n/x", "/xx"]),
    (r"x\n$", ["x\n", "x", "x\n\n"]),
    (r"@(\w{1,50})\+\+", ["thanks @ada++", "@++", "@ada+", "@" + "a" * 60 + "++"]),
    (r"[\[\]&~-]{2}", ["[]", "&&", "a-", "~~"]),
    (r"(?m)^done$", ["all\ndone\n", "done!", "done"]),
    (
        r"\d{4}-\d{2}-\d{2}|^\s*$",
        ["on 2026-01-31", "   ", "1-2-3", "\u0662\u0660\u0662\u0666-01-31"],
    ),
    (r"(?P<who>b|c)(?:d)?[^x]\.\x41\u00e4", ["bdo.Aä", "co.Aä", "bx.Aä"]),
]
REFUSED = [
    (r"(?=a)b", "look-around. Match what is there with the pattern"),
    (r"(?<!x)y", "look-around. Match what is there with the pattern"),
    (r"(a)\1", "backreferences. Match the text once"),
    (r"(?P<n>a)(?P=n)", "backreferences. Match the text once"),
    (r"a\Z", r"$ for \Z"),
    (r"a{,3}", "{0,3} for {,3}"),
    (r"(?>a)b", "(?:...) for (?>...)"),
    (r"(?a:x)", "(?:...) for (?>...) and (?a:...)"),
    (r"a{b}", r"\{ for a brace itself"),
    (r"a++", "a + after a repetition is not matched here. Leave it out"),
    (r"[a]{2}+", "a + after a repetition is not matched here. Leave it out"),
    (r"[[a]", "possible nested set. Put a backslash before [, &, - and ~."),
    (r"[a&&b]", "possible set intersection. Put a backslash"),
    (r"(a", "unterminated subpattern at position 0. Mend it."),
    (r"(?:(?:a?){100}){100}", "too large with its repetitions written out. Use smaller numbers in braces"),
    (r"((((a){10}){10}){10}){10}", "too large with its repetitions written out"),
    (r"\w{1,300}!", "too large with its repetitions written out"),
    ("a" * 1_001, "over 1000 characters. Shorten it."),
]
SLOW_TEXTS = {
    "one letter": "a" * LONGEST_TEXT,
    "two letters": "ab" * (LONGEST_TEXT // 2),
    "words": "ä1 bcd" * (LONGEST_TEXT // 6),
    "every letter": "".join(chr(97 + (n * n * 31 + n * 7) % 4_000) for n in range(LONGEST_TEXT)),
}
AS_LARGE_AS_MAY_BE = [
    r"(?:a?){998}b",
    r"[ab]*a[ab]{245}c",
    r"(?:\w?\s?){30}x",
    r"\w*ä\w{60}x",
    r"(?:.?){199}x$",
    r"(?:(?:a|aa|aaa){1,140})x",
    r"(?:.*.*.*.*.*){8}=",
]


class TestPattern:
    @pytest.mark.parametrize(("pattern", "texts"), HEARD, ids=[pattern for pattern, _ in HEARD])
    def test_finds_what_python_finds(self, pattern: str, texts: list[str]) -> None:
        found = {text: Pattern(pattern).finds(text) for text in texts}
        assert found == {text: re.search(pattern, text) is not None for text in texts}

    @pytest.mark.parametrize(("pattern", "said"), REFUSED, ids=[pattern[:30] for pattern, _ in REFUSED])
    def test_that_takes_its_time_or_means_something_else_stops_the_start(self, pattern: str, said: str) -> None:
        with pytest.raises(ConfigurationError) as refused:
            HipChatRouter().on_message("list", pattern=pattern)
        assert "on_message('list'): the pattern " in str(refused.value)
        assert said in str(refused.value)

    @pytest.mark.parametrize("text", SLOW_TEXTS)
    @pytest.mark.parametrize("pattern", AS_LARGE_AS_MAY_BE)
    def test_as_large_as_may_be_takes_a_part_of_a_second_for_the_longest_text(self, pattern: str, text: str) -> None:
        compiled = Pattern(pattern)
        started = time.process_time()
        compiled.finds(SLOW_TEXTS[text])
        assert time.process_time() - started < 0.25

    def test_looks_at_no_more_than_a_host_lets_anybody_write(self) -> None:
        assert Pattern("x").finds("a" * (LONGEST_TEXT - 1) + "x")
        assert not Pattern("x").finds("a" * LONGEST_TEXT + "x")


class TestEvents:
    async def test_that_once_held_the_service_up_are_answered_at_once(
        self, settings: Settings, devhost: Devhost
    ) -> None:
        router = HipChatRouter()

        @router.on_message("said", pattern=SPLITS_IN_MANY_WAYS)
        async def said(_: HipChatCtx, __: RoomMessage) -> None: ...

        @router.on_notification("told", pattern=SPLITS_IN_MANY_WAYS)
        async def told(_: HipChatCtx, __: RoomNotification) -> None: ...

        application = Application(settings, (router,), transport=devhost.transport, document=DOCUMENT)
        devhost.serve(ADDON, application.app)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application.app), base_url=ADDON) as http:
            addon = RunningAddon(application.app, devhost, http)
            await addon.install()
            [delivery] = await devhost.host.say(devhost.lobby, "aaa")
            assert delivery.status == 204
            delivery.body["item"]["message"]["message"] = "a" * 26 + "!"
            started = time.process_time()
            await devhost.host.send(delivery)
            assert delivery.status == 204
            # Python's engine takes seconds, and twice as long for each further letter.
            assert time.process_time() - started < 1
        await application.close()

    def test_are_asked_for_with_the_pattern_as_it_was_written(self, settings: Settings) -> None:
        written = r"(?i)^/builds\b.{0,20}$"
        router = HipChatRouter()

        @router.on_message("list", pattern=written)
        async def take(_: HipChatCtx, __: RoomMessage) -> None: ...

        application = Application(settings, (router,), document=DOCUMENT)
        [webhook] = httpx.Response(200, content=application.documents["hipchat"].body).json()["capabilities"]["webhook"]
        assert webhook["pattern"] == written
