"""One storm: events are sent at a steady rate while processes are killed and the database is restarted."""

import asyncio
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tools.chaos.host import NO_CONTENT, Host
from tools.chaos.victims import Victim
from tools.failure import StepError
from tools.web import expect

SENDERS = 16
ATTEMPT = 15.0
PATIENCE = 180.0
"""Seconds without a single answer after which what is not handled is lost."""
CLIENT_ERROR, SERVER_ERROR = 400, 500
RESTARTS = ("fast", "immediate")


@dataclass(frozen=True)
class Plan:
    """How many events, how many a second, and how many seconds between two kills."""

    events: int
    rate: float
    kill_every: float


@dataclass
class Outcome:
    """What became of the events."""

    sent: int
    accepted: dict[str, float] = field(default_factory=dict)
    handled: dict[str, list[float]] = field(default_factory=dict)
    blows: list[float] = field(default_factory=list)
    """When something was killed or restarted."""
    kills: int = 0
    restarts: int = 0

    @property
    def lost(self) -> list[str]:
        """What was accepted and never answered."""
        return [name for name in self.accepted if name not in self.handled]

    @property
    def twice(self) -> list[str]:
        """What was answered more than once."""
        return [name for name, moments in self.handled.items() if len(moments) > 1]

    @property
    def twice_without_a_blow(self) -> list[str]:
        """What was answered again though nothing was killed or restarted between."""
        return [
            name
            for name in self.twice
            if not any(self.handled[name][0] <= blow <= self.handled[name][1] for blow in self.blows)
        ]

    @property
    def is_well(self) -> bool:
        """Whether everything was accepted and handled, and twice only what could not be known to have been."""
        return len(self.accepted) == self.sent and not self.lost and not self.twice_without_a_blow

    @property
    def longest_wait(self) -> float:
        """Seconds between the answer to the host and the answer to the message."""
        return max(self._waits(), default=0.0)

    @property
    def median_wait(self) -> float:
        """The same of the event in the middle."""
        return statistics.median(self._waits() or [0.0])

    def _waits(self) -> list[float]:
        return [
            max(0.0, self.handled[name][0] - moment) for name, moment in self.accepted.items() if name in self.handled
        ]


class Storm:
    """Sends, kills, and counts; `restart` restarts the database in one of `RESTARTS`, where there is one to restart."""

    def __init__(
        self,
        plan: Plan,
        host: Host,
        *,
        webs: Sequence[Victim],
        victims: Sequence[Victim],
        base_url: str,
        restart: Callable[[str], None] | None,
    ) -> None:
        self._plan = plan
        self._host = host
        self._webs = webs
        self._victims = victims
        self._base_url = base_url
        self._restart = restart
        self._outcome = Outcome(plan.events, handled=host.handled)
        self._starting: set[asyncio.Task[None]] = set()
        self._chance = random.Random(plan.events)  # noqa: S311 - no secret

    async def run(self) -> Outcome:
        """Return once everything was handled, or nothing is for three minutes."""
        listening = await asyncio.start_server(self._host.serve, "127.0.0.1", self._host.port)
        try:
            await asyncio.gather(*(victim.start() for victim in self._victims))
            hook = await asyncio.to_thread(self._install)
            killing = asyncio.create_task(self._kill())
            restarting = asyncio.create_task(self._restart_database())
            await self._send_all(hook)
            await restarting
            killing.cancel()
            with suppress(asyncio.CancelledError):
                await killing
            await asyncio.gather(*self._starting)
            await self._wait()
        finally:
            for task in self._starting:
                task.cancel()
            for victim in self._victims:
                await asyncio.to_thread(victim.stop)
            listening.close()
            for connection in list(self._host.connections):
                connection.close()
        return self._outcome

    def _install(self) -> str:
        """Install the add-on in every room, and return where it wants to hear of `/builds`."""
        address = f"http://127.0.0.1:{self._webs[0].port}"
        descriptor = expect(200, "GET", f"{address}/hipchat/capabilities.json").json()["capabilities"]
        for room in range(1, self._host.rooms + 1):
            expect(NO_CONTENT, "POST", descriptor["installable"]["callbackUrl"], body=self._host.install(room))
        [hook] = [one["url"] for one in descriptor["webhook"] if "/builds" in one.get("pattern", "")]
        return str(urlsplit(hook).path)

    async def _send_all(self, hook: str) -> None:
        numbers = iter(range(self._plan.events))
        began = time.monotonic()

        async def send() -> None:
            for number in numbers:
                await asyncio.sleep(began + number / self._plan.rate - time.monotonic())
                await self._send(hook, number)

        async with asyncio.TaskGroup() as senders:
            for _ in range(SENDERS):
                senders.create_task(send())

    async def _send(self, hook: str, number: int) -> None:
        """Send until it is accepted: a proxy goes on to the next process, too."""
        body, token = self._host.message(number)
        turn = number
        while True:
            port = self._webs[turn % len(self._webs)].port
            status = 0
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                async with asyncio.timeout(ATTEMPT):
                    status = await self._post(port, hook, json.dumps(body).encode(), token)
            if status == NO_CONTENT:
                self._outcome.accepted[f"message-{number}"] = time.monotonic()
                return
            if CLIENT_ERROR <= status < SERVER_ERROR:
                raise StepError(
                    f"the add-on refused an event with status {status}",
                    hint="nothing was wrong with it: read the logs of the processes that serve",
                )
            turn += 1
            await asyncio.sleep(0.1)

    async def _post(self, port: int, hook: str, body: bytes, token: str) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"POST {hook} HTTP/1.1\r\nHost: {urlsplit(self._base_url).netloc}\r\nConnection: close\r\n"
            f"Authorization: JWT {token}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            return int(answer.split(b" ", 2)[1])
        finally:
            writer.close()

    async def _kill(self) -> None:
        while True:
            await asyncio.sleep(self._plan.kill_every * self._chance.uniform(0.5, 1.5))
            victims = [victim for victim in self._victims if victim.is_up]
            if not victims:
                continue
            victim = self._chance.choice(victims)
            self._outcome.blows.append(time.monotonic())
            self._outcome.kills += 1
            await asyncio.to_thread(victim.kill)
            self._outcome.blows.append(time.monotonic())
            task = asyncio.create_task(victim.start())
            self._starting.add(task)

    async def _restart_database(self) -> None:
        if self._restart is None:
            return
        for part, mode in enumerate(RESTARTS, 1):
            while len(self._outcome.accepted) < self._plan.events * part / (len(RESTARTS) + 1):  # noqa: ASYNC110 - senders count
                await asyncio.sleep(0.05)
            self._outcome.blows.append(time.monotonic())
            await asyncio.to_thread(self._restart, mode)
            self._outcome.blows.append(time.monotonic())
            self._outcome.restarts += 1

    async def _wait(self) -> None:
        """Wait until what was accepted is handled, or nothing has been for long."""
        seen, since = len(self._host.handled), time.monotonic()
        while self._outcome.lost and time.monotonic() - since < PATIENCE:
            await asyncio.sleep(0.1)
            if len(self._host.handled) > seen:
                seen, since = len(self._host.handled), time.monotonic()
