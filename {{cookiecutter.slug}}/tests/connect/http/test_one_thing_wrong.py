"""One thing wrong with a good body, and attacks on whatever your own add-on declares."""

import json

from tests.connect.http.attacking import (
    API,
    JSON,
    MEBIBYTE,
    SIGNED,
    Attack,
    Attacker,
    all_routes,
    complaint,
    post,
    send,
)
from tests.connect.http.good import API_ROUTE, EVENT, REPORT, WEBHOOK
from tests.connect.http.hostile import BAD_HEADERS, NOT_JSON, OVER
from tests.support.running import KEY, RunningAddon


class TestOneThingWrong:
    """A body that is accepted, and the same with one thing wrong that a lenient reader would let pass."""

    EVENT = json.dumps(EVENT).encode()
    REPORT = json.dumps(REPORT).encode()

    async def statuses(self, attacker: Attacker, target: bytes, good: bytes, *spoiled: tuple[bytes, ...]) -> list[int]:
        """Return the statuses of a good body and of the spoiled ones."""
        headers = (*JSON, *API) if b"showcase" in target else JSON
        answers = [await attacker.send(post(target, body, headers)) for body in ((good,), *spoiled)]
        return [answer.status for answer in answers]

    async def test_member_that_is_there_twice(self, attacker: Attacker) -> None:
        event = self.EVENT.replace(b'{"event"', b'{"event": "room_message", "event"')
        report = self.REPORT.replace(b'{"name"', b'{"name": "other", "name"')
        assert await self.statuses(attacker, WEBHOOK, self.EVENT, (event,)) == [204, 400]
        assert await self.statuses(attacker, API_ROUTE, self.REPORT, (report,)) == [201, 400]

    async def test_number_that_is_not_finite(self, attacker: Attacker) -> None:
        events = [self.EVENT.replace(b'"webhook_id": 1', b'"webhook_id": ' + number) for number in (b"NaN", b"1e999")]
        reports = [self.REPORT.replace(b"0.5", number) for number in (b"Infinity", b"-1e999")]
        assert await self.statuses(attacker, WEBHOOK, self.EVENT, *[(body,) for body in events]) == [
            204,
            400,
            400,
        ]
        assert await self.statuses(attacker, API_ROUTE, self.REPORT, *[(body,) for body in reports]) == [201, 400, 400]

    async def test_member_nested_too_deep(self, attacker: Attacker) -> None:
        event = self.EVENT.replace(b'"webhook_id": 1', b'"webhook_id": ' + b"[" * 70 + b"]" * 70)
        assert await self.statuses(attacker, WEBHOOK, self.EVENT, (event,)) == [204, 400]

    async def test_blanks_up_to_one_byte_over_the_limit(self, attacker: Attacker) -> None:
        for target, good, accepted in (
            (WEBHOOK, self.EVENT, 204),
            (API_ROUTE, self.REPORT, 201),
        ):
            full = b" " * (MEBIBYTE - len(good))
            found = await self.statuses(attacker, target, good, (full, good), (full, good, b" "), (b" " + full + good,))
            assert found == [accepted, accepted, 413, 413], target


class TestYourAddon:
    """The same on the routes of the add-on as it is, whatever it declares."""

    async def test_every_route_refuses_what_no_route_takes(self, addon: RunningAddon) -> None:
        await addon.install()
        routes = await all_routes(addon)
        attacks: dict[str, Attack] = {}
        for method, path in routes:
            attacks |= {f"{method} {path!r} {name}": Attack(method, path, bad) for name, bad in BAD_HEADERS.items()}
            attacks[f"{method} {path!r} query"] = Attack(method, path + b"?" + b"x" * 16_385)
            if method in {"POST", "PUT", "PATCH"}:
                attacks |= {f"{method} {path!r} {name}": post(path, body) for name, body in NOT_JSON.items()}
                attacks |= {f"{method} {path!r} {name}": post(path, body) for name, body in OVER.items()}
        wrong = {}
        for name, attack in attacks.items():
            problem = complaint(attack, await send(addon.app, attack), (KEY,))
            if problem:
                wrong[name] = problem
        assert wrong == {}


class TestFailures:
    async def test_exception_in_a_handler_says_nothing(self, attacker: Attacker) -> None:
        answer = await attacker.send(Attack("POST", b"/showcase/broken?" + SIGNED))
        document = json.loads(answer.body)
        assert answer.status == 500
        assert document["error"]["code"] == "internal_error"
        assert document["error"]["request_id"] == answer.headers["x-request-id"]
        assert "secret" not in answer.body.decode()
        assert "Runtime" not in answer.body.decode()
