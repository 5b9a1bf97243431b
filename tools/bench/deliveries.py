"""How the devhost bears 200 signed webhooks a second for a minute: no growing backlog, no growing memory."""

import asyncio
import json
import statistics
import time
from contextlib import ExitStack
from pathlib import Path

from tools.bench.processes import Measured, start
from tools.environments import program
from tools.servers import free_port
from tools.web import expect

RATE = 200
SECONDS = 60
CONNECTIONS = 16
GROWTH = 1.25
"""How much later the last ten seconds may end, and how much more memory they may hold, than the first ten's measure."""
SLACK_SECONDS = 0.25
SLACK_MEBIBYTES = 24


def measure(project: Path, environment: Path, *, logs: Path) -> bool:
    """Run the minute and print it; False when the devhost fell behind."""
    with ExitStack() as stack:
        receiver_port = free_port(0)
        receiver = [program(environment, "python"), str(Path(__file__).parent / "receiver.py"), str(receiver_port)]
        home = f"http://127.0.0.1:{receiver_port}"
        start(stack, "receiver", receiver, folder=project, log=logs, answers=f"{home}/descriptor", port=receiver_port)
        port = free_port(0)
        command = [program(environment, "python"), "-m", "devhost", "--port", str(port)]
        address = f"http://127.0.0.1:{port}"
        devhost = start(stack, "devhost", command, folder=project, log=logs, answers=address, port=port)
        expect(201, "POST", f"{address}/_devhost/install", body={"url": f"{home}/descriptor"})
        print(f"\nThe devhost delivers {RATE} signed webhooks a second for {SECONDS} s")
        return asyncio.run(_minute(devhost))


async def _minute(devhost: Measured) -> bool:
    lateness: list[list[float]] = [[] for _ in range(SECONDS)]
    memory: list[float] = []
    numbers = iter(range(RATE * SECONDS))
    began = time.perf_counter()
    cpu = devhost.cpu_seconds()

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", devhost.port)
        for number in numbers:
            due = began + number / RATE
            await asyncio.sleep(due - time.perf_counter())
            await _say(reader, writer, devhost.port, number)
            lateness[number // RATE].append(time.perf_counter() - due)
        writer.close()

    async def watch() -> None:
        for _ in range(SECONDS):
            memory.append(devhost.resident_mebibytes())
            await asyncio.sleep(1)

    await asyncio.gather(watch(), *(work() for _ in range(CONNECTIONS)))
    took = time.perf_counter() - began
    seconds = [statistics.median(second) for second in lateness]
    early, late = statistics.median(seconds[5:15]), statistics.median(seconds[-10:])
    first, last = statistics.median(memory[10:20]), statistics.median(memory[-10:])
    per_delivery = (devhost.cpu_seconds() - cpu) / (RATE * SECONDS) * 1e6
    print(f"  delivered {RATE * SECONDS} in {took:.1f} s, {per_delivery:.0f} us of processor time each")
    print(f"  from due to answered: {early * 1000:.1f} ms early on, {late * 1000:.1f} ms at the end")
    print(f"  memory: {first:.0f} MiB early on, {last:.0f} MiB at the end")
    keeps_up = late <= early * GROWTH + SLACK_SECONDS and took <= SECONDS + 1
    return keeps_up and last <= first * GROWTH + SLACK_MEBIBYTES


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, number: int) -> None:
    body = json.dumps({"text": f"/load {number}"}).encode()
    head = (
        f"POST /_devhost/rooms/1/say HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    items = json.loads(await reader.readexactly(length))["items"]
    if [item["status"] for item in items] != [204]:
        raise RuntimeError(f"the devhost did not deliver: {items}")
