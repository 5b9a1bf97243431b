"""The smallest add-on there is: takes any installation and every webhook. The devhost's own speed is measured on it.

Arguments: its port.
"""

import asyncio
import json
import sys

PORT = int(sys.argv[1])
HOME = f"http://127.0.0.1:{PORT}"
DESCRIPTOR = {
    "key": "com.example.receiver",
    "name": "Receiver",
    "description": "Takes every message",
    "links": {"self": f"{HOME}/descriptor"},
    "capabilities": {
        "hipchatApiConsumer": {"scopes": ["send_notification"]},
        "installable": {"callbackUrl": f"{HOME}/installed"},
        "webhook": [
            {"event": "room_message", "url": f"{HOME}/hook", "pattern": "^/load", "authentication": "jwt"},
        ],
    },
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection: the descriptor to a GET, 204 to everything else."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            await reader.readexactly(int(fields.get(b"content-length", 0)))
            if head.startswith(b"GET"):
                body = json.dumps(DESCRIPTOR).encode()
                start = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                writer.write(start % len(body) + body)
            else:
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    """Serve until stopped."""
    async with await asyncio.start_server(serve, "127.0.0.1", PORT) as server:
        await server.serve_forever()


asyncio.run(main())
