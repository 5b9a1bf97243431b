"""Starts the devhost: `python -m devhost`."""

import argparse
import logging
import socket
from contextlib import suppress

import uvicorn

from devhost.app import create_devhost, offer
from devhost.errors import DroppedConnection
from devhost.settings import HostSettings
from devhost.world.feed import Feed


class _HidePurposeful(logging.Filter):
    """Drop the server's trace of a connection that was broken on purpose."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a record is worth reading."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, DroppedConnection)


class _Server(uvicorn.Server):
    """Print one line when the devhost listens, and let pages that listen go when it stops."""

    def __init__(self, config: uvicorn.Config, base_url: str, feed: Feed) -> None:
        super().__init__(config)
        self._base_url = base_url
        self._feed = feed

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say where."""
        await super().startup(sockets)
        if self.started:
            print(f"Devhost is at {self._base_url}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams of events, which the server would wait for, then stop."""
        self._feed.end()
        await super().shutdown(sockets)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devhost", description="A host on this machine.")
    parser.add_argument("--port", type=int, default=9000, help="the port to listen on (9000)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--base-url", help="the address under which add-ons reach the devhost")
    parser.add_argument(
        "--addon", "--manifest", action="append", default=[], help="a descriptor or manifest to offer for installation"
    )
    parser.add_argument("--sites", action="store_true", help="show all that the devhost plays from the start")
    return parser.parse_args()


def main() -> None:
    """Run the devhost until it is interrupted."""
    options = _options()
    name = "127.0.0.1" if options.host in ("0.0.0.0", "::") else options.host  # noqa: S104 - asked for by name
    name = f"[{name}]" if ":" in name else name
    base_url = (options.base_url or f"http://{name}:{options.port}").rstrip("/")
    app = create_devhost(base_url, settings=HostSettings(show_sites=options.sites))
    for url in options.addon:
        offer(app, url)
    logging.getLogger("uvicorn.error").addFilter(_HidePurposeful())
    config = uvicorn.Config(app, host=options.host, port=options.port, log_level="warning", access_log=False)
    with suppress(KeyboardInterrupt):
        _Server(config, base_url, app.state.world.feed).run()


if __name__ == "__main__":
    main()
