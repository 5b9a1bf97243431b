"""What Atlassian's own scanner does to an add-on, link by link of the descriptor (reference 18.2).

It takes an answer below 400 to a token that does not hold for a hole, whatever the answer says.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from app.conformance import Guest, Sent
from app.connect import AddonRouter, ConfigForm, Ctx, Page
from app.connect.hosts.protocol import ProofKind
from tests.hosts.atlassian.product import ADMIN, OTHER, encode, hash_of, hs256, rs256, rsa_key, segment
from tests.hosts.atlassian.served import Serve, Served
from tests.hosts.atlassian.test_atlassian_served import of_confluence, of_jira
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase, SiteCase

DOCUMENT: Mapping[str, Any] = {
    "jira": {
        "scopes": ["READ"],
        "webPanels": {"report": {"name": "Report", "location": "x", "query": {"issue": "{issue.key}"}}},
        "generalPages": {"list": {"name": "List"}},
        "adminPages": {"admin": {"name": "Admin"}},
        "jiraWorkflowPostFunctions": {"close": {"name": "Close", "create": True}},
    },
    "confluence": {
        "scopes": ["READ"],
        "webPanels": {"report": {"name": "Report", "location": "x", "conditions": ["user_is_admin"]}},
        "adminPages": {"admin": {"name": "Admin"}},
        "staticContentMacros": {"note": {"name": "Note"}},
    },
}
NOT_COLLECTED = {"icon", "icons", "documentation", "imagePlaceholder", "template"}
CASES = {"jira": JiraCase, "confluence": ConfluenceCase}


class Scanned(NamedTuple):
    """An add-on, where it is installed, and what the scanner reads of it."""

    served: Served
    case: SiteCase
    guest: Guest
    descriptor: Mapping[str, Any]


def portable() -> AddonRouter:
    router = AddonRouter()

    @router.panel("report", require_admin=True)
    async def report(ctx: Ctx) -> Page:
        return Page(f"report of {ctx.host}")

    @router.page("admin", require_admin=True)
    async def admin(ctx: Ctx) -> Page:
        return Page(f"admin of {ctx.host}")

    @router.settings
    class Choices(ConfigForm):
        word: str = ""

    return router


def links(node: Any) -> Iterator[str]:
    """Yield every `url` of the modules, with something in place of each variable."""
    match node:
        case dict():
            for name, value in node.items():
                if name == "url" and isinstance(value, str):
                    yield value.replace("{issue.key}", "test")
                elif name not in NOT_COLLECTED:
                    yield from links(value)
        case list():
            for one in node:
                yield from links(one)


def forged(link: str, method: str) -> Iterator[str]:
    """Yield tokens of somebody who has no secret of ours: a wrong secret, and no signature."""
    now = int(time.time())
    claims = {"iss": "csrt-scanner", "iat": now, "exp": now + 10_800, "qsh": hash_of(method, link), "sub": OTHER}
    yield hs256(claims, "a-secret-of-the-scanner-0123456789abcdef")
    yield f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment(claims)}."
    yield f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment(claims)}.{encode(b'x')}"


@pytest.fixture(params=CASES)
async def scanned(request: pytest.FixtureRequest, serve: Serve) -> Scanned:
    case = CASES[request.param]()
    own = of_jira([]) if request.param == "jira" else of_confluence()
    served = serve(DOCUMENT, [portable(), own], case)
    guest = await served.installed(case)
    return Scanned(served, case, guest, await served.descriptor(request.param))


class TestScanner:
    async def test_finds_no_link_that_answers_a_forged_token(self, scanned: Scanned) -> None:
        served, case, _, descriptor = scanned
        found = [*links(descriptor["modules"]), *descriptor["lifecycle"].values()]
        assert len(found) >= 7
        open_links = []
        for link in found:
            for method in ("GET", "POST"):
                bare = Sent.post(link, {}) if method == "POST" else Sent("GET", link)
                tried = [bare]
                for token in forged(link, method):
                    tried += [case.carry(bare, token), case.carry_elsewhere(bare, token)]
                for sent in tried:
                    answer = await served.send(sent)
                    if answer.status < 400:
                        open_links.append((method, link, answer.status))
        assert open_links == []

    async def test_cannot_install_with_a_key_of_its_own(self, scanned: Scanned) -> None:
        served, case, guest, descriptor = scanned
        for event in ("installed", "uninstalled"):
            for site in (case.site(guest), case.product.new_site()):
                sent = case.posted(event, site, baseUrl="https://csrt-scanner-1.atlassian.net")
                assert sent.target == descriptor["lifecycle"][event]
                claims = case.product.claims(site, "POST", sent.target, aud=[descriptor["baseUrl"]])
                answer = await served.send(case.carry(sent, rs256(claims, rsa_key("stranger"), kid="fake-kid")))
                assert answer.status == 401

    async def test_shows_nothing_of_administrators_to_somebody_else(self, scanned: Scanned) -> None:
        served, case, guest, descriptor = scanned
        modules = descriptor["modules"]
        administration = [
            *links([modules.get("adminPages", []), modules["configurePage"]]),
            *links([one for one in modules["webPanels"] if "conditions" in one]),
        ]
        assert len(administration) == {"jira": 2, "confluence": 3}[case.name]
        for link in administration:
            for carry in (case.carry, case.carry_elsewhere):
                sent = Sent("GET", link)
                told = {
                    user: (await served.send(carry(sent, case.sign(guest, sent, ProofKind.ENTRY, user=user)))).status
                    for user in (ADMIN, OTHER)
                }
                assert told == {ADMIN: 200, OTHER: 403}, link

    async def test_finds_the_headers_that_it_asks_for_on_every_answer(self, scanned: Scanned) -> None:
        served, case, guest, descriptor = scanned
        answers = {}
        for link in links(descriptor["modules"]):
            sent = Sent("GET", link)
            answers[f"refused {link}"] = await served.send(sent)
            answers[f"shown {link}"] = await served.send(
                case.carry(sent, case.sign(guest, sent, ProofKind.ENTRY, user=ADMIN))
            )
        for link in descriptor["lifecycle"].values():
            answers[f"refused {link}"] = await served.send(Sent.post(link, {}))
        assert len(answers) >= 10
        kept = {
            name: answer.headers.get("cache-control")
            for name, answer in answers.items()
            if not {"no-cache", "no-store"} <= {*answer.headers.get("cache-control", "").replace(",", " ").split()}
        }
        assert kept == {}
        assert {answer.headers["referrer-policy"] for answer in answers.values()} == {"no-referrer"}
        assert {name for name, answer in answers.items() if "set-cookie" in answer.headers} == set()
        assert {name for name, answer in answers.items() if "x-frame-options" in answer.headers} == set()
