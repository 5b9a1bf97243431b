"""Jira and Confluence of a running devhost: its pages as people press them, and its control API."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from strangers.host import ADMIN, Host
from tools.web import call

JIRA, WIKI = "jira", "wiki"
_FRAME = re.compile(r'data-module="([^"]*)" data-kind="([^"]*)">.*?data-src="([^"]*)"', re.DOTALL)


@dataclass(frozen=True)
class Site:
    """One site of the devhost, named by its path."""

    host: Host
    name: str

    @property
    def base_url(self) -> str:
        """The address that add-ons know it by."""
        return f"{self.host.base_url}/{self.name}"

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        answer = call(method, f"{self.host.control}/_devhost/sites{path}", body=body)
        assert answer.status // 100 == 2, f"{method} {path} answered {answer.status}: {answer.text}"
        return answer.json()

    @property
    def facts(self) -> dict[str, Any]:
        """What the devhost says of the site, its add-ons included."""
        return next(dict(one) for one in self._ask("GET", "")["items"] if one["name"] == self.name)

    def addons(self) -> dict[str, dict[str, Any]]:
        """Return what is installed, by the add-ons' keys."""
        return {one["key"]: one for one in self.facts["addons"]}

    def install_on_page(self, url: str) -> str:
        """Install an add-on by the form of the page, and return the page that follows."""
        return self._press("install", {"url": url})

    def press(self, addon: str, act: str) -> str:
        """Press one of an add-on's buttons, and return the page that follows."""
        return self._press("addon", {"addon": addon, "act": act})

    def _press(self, form: str, fields: Mapping[str, str]) -> str:
        fields = {"site": self.name, "user": str(ADMIN), **fields}
        return self.host.submit(f"/page/sites/{form}", fields).text

    def frames(self, path: str, *, user: int = ADMIN) -> dict[str, str]:
        """Return the signed addresses of the add-ons' frames on a page of the site, by the modules' keys."""
        page = self.host.read(f"/{self.name}{path}?user={user}")
        return {key: html.unescape(url) for key, _, url in _FRAME.findall(page)}

    def page_of(self, addon: str, key: str, *, user: int = ADMIN) -> str:
        """Return the signed address of a whole page of an add-on."""
        return self.frames(f"/plugins/servlet/ac/{addon}/{key}", user=user)[key]

    def context_token(self, addon: str, *, user: int = ADMIN, issue: str = "") -> str:
        """Return what a script in a page of the add-on is given."""
        return self._fact(addon, "token", user, issue)

    def user_token(self, addon: str, *, user: int = ADMIN) -> str:
        """Return an access token of somebody, in the scopes of the add-on."""
        return self._fact(addon, "request", user)

    def _fact(self, addon: str, what: str, user: int, issue: str = "") -> str:
        asked = urlencode({"site": self.name, "addon": addon, "what": what, "user": user, "issue": issue})
        return str(self._ask("GET", f"/facts?{asked}")["value"])

    def issue(self, key: str) -> dict[str, Any]:
        """Return an issue with its properties, links, and the texts of its comments."""
        return dict(self._ask("GET", f"/{self.name}/issues/{key}"))

    def change_issue(self, key: str, **fields: object) -> list[dict[str, Any]]:
        """Change an issue as a person, and return the deliveries."""
        return list(self._ask("POST", f"/{self.name}/issues/{key}", fields)["items"])

    def rename_page(self, number: str, title: str, *, user: int = ADMIN) -> None:
        """Change the title of a page by the form below it."""
        self._press("content", {"page": number, "title": title, "user": str(user)})

    def attack(self, addon: str, key: str) -> int | None:
        """Attack an add-on, and return the status of its answer."""
        answer = self._ask("POST", f"/{self.name}/addons/{addon}/attack", {"attack": key})
        return None if answer["status"] is None else int(answer["status"])
