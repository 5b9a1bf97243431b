"""Attacks by the body of installs, webhooks and the add-on's own API: always a 4xx of one shape."""

from tests.connect.http.attacking import API, JSON, SIGNED, Attack, Attacker, complaint, post
from tests.connect.http.good import API_ROUTE, EVENT, INSTALL, REPORT, WEBHOOK
from tests.connect.http.hostile import (
    HOSTILE_ADDRESSES,
    HOSTILE_VALUES,
    NOT_AN_OBJECT,
    NOT_JSON,
    OVER,
    WRONG_TYPES,
    replaced,
    with_depth,
)
from tests.support.databases import dead_entries
from tests.support.running import RunningAddon


class TestInstallation:
    async def test_bodies_that_are_no_json(self, attacker: Attacker) -> None:
        attacks = {
            f"{path!r} {name}": post(path, body)
            for path in (b"/hipchat/installed", b"/hipchat/updated")
            for name, body in (NOT_JSON | NOT_AN_OBJECT).items()
        }
        assert await attacker.complaints(attacks) == {}

    async def test_bodies_over_the_limit_and_of_other_types(self, attacker: Attacker) -> None:
        attacks: dict[str, Attack] = {}
        for path in (b"/hipchat/installed", b"/hipchat/updated"):
            attacks |= {f"{path!r} {name}": post(path, body) for name, body in OVER.items()}
            attacks |= {f"{path!r} type {name}": post(path, INSTALL, headers) for name, headers in WRONG_TYPES.items()}
            attacks[f"{path!r} encoded"] = post(path, b"\x1f\x8b\x08", (*JSON, (b"content-encoding", b"gzip")))
            attacks[f"{path!r} cut off"] = post(path, ())
        assert await attacker.complaints(attacks) == {}

    async def test_members_that_are_something_else(self, attacker: Attacker, showcase: RunningAddon) -> None:
        path = b"/hipchat/installed"
        attacks = {name: post(path, body) for name, body in replaced(INSTALL, HOSTILE_VALUES)}
        for name, body in replaced({"capabilitiesUrl": ""}, HOSTILE_ADDRESSES):
            attacks[name] = post(path, INSTALL | body)
        for missing in INSTALL:
            attacks[f"{missing}: missing"] = post(
                path, {name: value for name, value in INSTALL.items() if name != missing}
            )
        assert await attacker.complaints(attacks) == {}
        assert len(showcase.devhost.host.installations()) == 1
        assert await showcase.parts.directory.find("hipchat", "nobody") is None

    async def test_updates_are_refused_or_answered_like_every_other(
        self, attacker: Attacker, showcase: RunningAddon
    ) -> None:
        """What fits is taken as a hint whatever it says, and nothing that it says is used."""
        update = {name: value for name, value in INSTALL.items() if name != "oauthSecret"}
        refused: set[str] = set()
        wrong: dict[str, str] = {}
        asked = len(list(showcase.devhost.host.wire))
        for name, body in [*replaced(update, HOSTILE_VALUES), *replaced(update, HOSTILE_ADDRESSES)]:
            attack = post(b"/hipchat/updated", body)
            answer = await attacker.send(attack)
            if (answer.status, answer.body) != (204, b""):
                refused.add(name)
                said = complaint(attack, answer, attacker.secrets)
                wrong |= {name: said} if said else {}
        assert wrong == {}
        assert {"oauthId: a NUL", "capabilitiesUrl: a list", "roomId: a script"} <= refused
        await showcase.settle()
        assert len(list(showcase.devhost.host.wire)) == asked


class TestWebhooks:
    """The attacker is a tenant, or holds its secret: every request is signed."""

    async def test_bodies_that_are_no_event(self, attacker: Attacker) -> None:
        attacks = {name: post(WEBHOOK, body) for name, body in (NOT_JSON | NOT_AN_OBJECT).items()}
        attacks |= {name: post(WEBHOOK, body) for name, body in OVER.items()}
        attacks |= {f"type {name}": post(WEBHOOK, EVENT, headers) for name, headers in WRONG_TYPES.items()}
        attacks |= {
            "another event": post(WEBHOOK, EVENT | {"event": "room_enter"}),
            "another tenant": post(WEBHOOK, EVENT | {"oauth_client_id": "another"}),
            "another room": post(WEBHOOK, EVENT | {"item": EVENT["item"] | {"room": {"id": 2}}}),
            "no item": post(WEBHOOK, {"event": "room_message"}),
            "an item that is none": post(WEBHOOK, EVENT | {"item": []}),
        }
        assert await attacker.complaints(attacks) == {}

    async def test_members_that_are_something_else_break_neither_route_nor_handler(
        self, attacker: Attacker, showcase: RunningAddon
    ) -> None:
        """Readers of events are lenient, so some of these are accepted: then the handler must live with them."""
        wrong = {}
        for path in (b"said", b"asked"):
            for name, body in with_depth(EVENT).items():
                attack = post(b"/hipchat/webhook/" + path + b"?" + SIGNED, body)
                answer = await attacker.send(attack)
                if answer.status not in {200, 204} and (problem := complaint(attack, answer, attacker.secrets)):
                    wrong[f"{path!r} {name}"] = problem
        assert wrong == {}
        await showcase.settle()
        assert await dead_entries(showcase.parts.database) == []


class TestTheAddonsOwnApi:
    async def test_bodies_that_are_no_report(self, attacker: Attacker) -> None:
        headers = (*JSON, *API)
        attacks = {name: post(API_ROUTE, body, headers) for name, body in (NOT_JSON | NOT_AN_OBJECT).items()}
        attacks |= {name: post(API_ROUTE, body, headers) for name, body in OVER.items()}
        attacks |= {f"type {name}": post(API_ROUTE, REPORT, (*kind, *API)) for name, kind in WRONG_TYPES.items()}
        attacks["cut off"] = post(API_ROUTE, (), headers)
        assert await attacker.complaints(attacks) == {}

    async def test_members_that_are_something_else(self, attacker: Attacker) -> None:
        """Plain text may hold almost anything; where a value fits its member it is stored and given back."""
        wrong = {}
        for name, body in replaced(REPORT, HOSTILE_VALUES):
            attack = post(API_ROUTE, body, (*JSON, *API))
            answer = await attacker.send(attack)
            if answer.status != 201 and (problem := complaint(attack, answer, attacker.secrets)):
                wrong[name] = problem
        assert wrong == {}

    async def test_good_report_is_accepted(self, attacker: Attacker) -> None:
        """What the other tests change is the reason for their 4xx."""
        assert (await attacker.send(post(API_ROUTE, REPORT, (*JSON, *API)))).status == 201
