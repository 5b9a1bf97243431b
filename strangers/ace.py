"""The add-ons on atlassian-connect-express, one for each product, beside the site where they are installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from strangers.environments import STRANGERS, clean_settings, find_node, node_modules
from strangers.host import Host
from strangers.processes import serving, wait_until
from strangers.sites import JIRA, WIKI, Site
from tools.web import call

NAME = "atlassian-connect-express"
DESCRIPTOR = "/atlassian-connect.json"
SITES = {"jira": JIRA, "confluence": WIKI}


@dataclass(frozen=True)
class Addon:
    """The add-on for one product, and the site where it is or will be installed."""

    product: str
    url: str
    site: Site

    @property
    def key(self) -> str:
        """The key of the descriptor."""
        return f"com.example.by-ace-{self.product}"

    def heard(self, event: str) -> list[dict[str, Any]]:
        """List what it heard of an event, oldest first."""
        return [one for one in call("GET", f"{self.url}/heard").json() if one["event"] == event]

    def wait_for(self, event: str, count: int) -> list[dict[str, Any]]:
        """Return what it heard of an event, once that is as much."""
        wait_until(lambda: len(self.heard(event)) >= count, f"the add-on hears {event} {count} times")
        return self.heard(event)

    def ask_site(self, method: str, token: str, **asked: object) -> tuple[int, Any]:
        """Let the add-on call its site for a page, and return what the site answered."""
        headers = {"Authorization": f"JWT {token}"}
        answer = call("POST", f"{self.url}/call", body={"method": method, **asked}, headers=headers)
        assert answer.status == 200, answer.text
        return answer.json()["status"], answer.json().get("body")


@contextmanager
def running_addon(host: Host, product: str) -> Iterator[Addon]:
    """Run the add-on for a product until the block ends."""
    settings = clean_settings(
        NODE_PATH=str(node_modules(NAME)),
        NODE_ENV="production",
        AC_HOST_WHITELIST="127.0.0.1",
        AC_HOST_SCRIPT_URL=f"{host.base_url}/{SITES[product]}/atlassian-connect/all.js",
        CONNECT_KEYS_CDN_URL=f"{host.base_url}/install-keys",
        OAUTH_URL=f"{host.base_url}/authorization",
    )

    def command(port: int) -> list[str]:
        return [find_node("node"), str(STRANGERS / NAME / "addon.js"), str(port), product]

    with serving(f"{NAME}-{product}", command, path=DESCRIPTOR, settings=settings) as port:
        yield Addon(product, f"http://127.0.0.1:{port}", Site(host, SITES[product]))
