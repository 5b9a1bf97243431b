"""The walk of `make demo` on a Jira site: what Admin and a CI server do with an add-on, and what an issue shows."""

import html
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tools.console import Console
from tools.failure import StepError
from tools.walk import Found, as_text, create_api_token, report_build, wait_for
from tools.web import expect

SITE, ISSUE = "jira", "TP-7"
DESCRIPTOR = "/jira/atlassian-connect.json"
BUILD = {"name": "web", "number": 1, "status": "failed", "branch": f"feature/{ISSUE}-login"}
STEPS = 3


def settings_of(host: str) -> dict[str, str]:
    """Return what the add-on's environment must say, so that it believes the sites of a host on this machine."""
    return {
        "ATLASSIAN_KEYS_URL": f"{host}/install-keys",
        "ATLASSIAN_OAUTH_URL": f"{host}/authorization",
    }


@dataclass
class Site:
    """One host with a site and one add-on, by their addresses."""

    host: str
    addon: str
    key: str = field(default="", init=False)

    def install(self) -> None:
        """Install the add-on on the site, as Admin does."""
        body = {"url": f"{self.addon}{DESCRIPTOR}"}
        answer = expect(201, "POST", f"{self.host}/_devhost/sites/{SITE}/install", body=body).json()
        self.key = str(answer["key"])

    def open_frame(self, path: str, module: str) -> tuple[str, str]:
        """Open a page of the site as Admin does; return the address of one of its frames, and the add-on's page."""
        page = expect(200, "GET", f"{self.host}/{SITE}{path}").text
        found = re.search(rf'data-module="{module}".*?data-src="([^"]+)"', page, re.DOTALL)
        if not found:
            raise StepError(
                f"{path} of the site shows no frame of {module}",
                seen=page[:1000],
                hint=f"addon.toml must have the module {module} in its section [jira]",
            )
        address = html.unescape(found[1])
        return address, expect(200, "GET", address).text

    def properties(self) -> Found:
        """Return the add-on's property of the issue, once there is one."""
        kept = expect(200, "GET", f"{self.host}/_devhost/sites/{SITE}/issues/{ISSUE}").json()["properties"]
        return [kept["builds"]] if "builds" in kept else []

    def panel_says(self) -> Found:
        """Return what the issue's panel says, once it lists a build."""
        text = as_text(self.open_frame(f"/browse/{ISSUE}", "builds")[1].partition("<body")[2].partition(">")[2])
        return [{"text": text}] if f"{BUILD['name']} #{BUILD['number']}" in text else []


def walk(console: Console, site: Site) -> None:
    """Install the add-on, report a build, look at the issue that its branch names."""
    with console.step("Admin installs the add-on on the Jira site") as results:
        site.install()
        address, _ = site.open_frame(f"/browse/{ISSUE}", "builds")
        parts = urlsplit(address)
        token = parse_qs(parts.query)["jwt"][0]
        results.append(f"{ISSUE} shows its panel, signed for this address: {parts.path}?...&jwt={token[:12]}...")
    with console.step("Admin opens its settings on the site and creates an API token") as results:
        _, page = site.open_frame(f"/plugins/servlet/ac/{site.key}/settings", "settings")
        token = create_api_token(f"{site.addon}/jira/api-token", page)
        results.append(f"{token[:6]}... (another tenant's: what it reports, only this site sees)")
    with console.step(f"a CI server reports a build of {BUILD['branch']}") as results:
        report_build(site.addon, token, BUILD)
        panel = wait_for(site.panel_says, what=f"build in the panel of {ISSUE}")
        results.append(f"the panel of {ISSUE} says: {panel[0]['text']}")
        kept = wait_for(site.properties, what=f"property of {ISSUE}")
        results.append(f"a property that searches find: {kept[0]}")
