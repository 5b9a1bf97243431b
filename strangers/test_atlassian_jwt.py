"""Tokens of Atlassian's own libraries, npm's and PyPI's: they sign for the add-on, and verify what it signs."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

from strangers.environments import STRANGERS, clean_settings, find_node, node_modules, python_with
from strangers.processes import Client, serving
from strangers.site import BELOW, Site, serving_site
from tools.paths import REPOSITORY, TEMPLATE
from tools.web import Answer, call

NODE, PYTHON = "npm", "PyPI"
ADDON_KEY = "com.example.test"
PANEL = "/jira/panel/report"
VECTORS = REPOSITORY / TEMPLATE / "tests" / "hosts" / "atlassian" / "qsh-vectors.json"


def client(library: str) -> Client:
    if library == PYTHON:
        return Client([python_with("atlassian-jwt-python"), str(STRANGERS / "atlassian-jwt-python" / "drive.py")], {})
    driver = STRANGERS / "atlassian-jwt" / "drive.js"
    return Client([find_node("node"), str(driver)], {"NODE_PATH": str(node_modules("atlassian-jwt"))})


@pytest.fixture(scope="module", params=[NODE, PYTHON])
def library(request: pytest.FixtureRequest) -> Client:
    """Return each of the two."""
    return client(request.param)


@dataclass
class Place:
    """An add-on and the site that it is installed in, or will be."""

    addon: str
    site: Site
    client_key: str
    secret: str
    private: str

    def claims(self, **changes: object) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self.client_key, "iat": now, "exp": now + 180, "sub": "somebody"} | changes

    def install(self, **changes: object) -> Answer:
        """Install as Atlassian does, but for what is changed."""
        body = {
            "key": ADDON_KEY,
            "clientKey": self.client_key,
            "baseUrl": self.site.base_url,
            "sharedSecret": self.secret,
            "productType": "jira",
            "eventType": "installed",
        }
        token = client(NODE).do(
            "signInstall",
            request={"method": "POST", "url": "/jira/installed"} | changes,
            claims=self.claims(aud=self.addon),
            key=self.private,
            keyId="key-1",
        )
        return self.ask("POST", "/jira/installed", token, body=body)

    def ask(self, method: str, target: str, token: str, body: object = None) -> Answer:
        return call(method, self.addon + target, body=body, headers={"Authorization": f"JWT {token}"})

    def signed_by(self, library: Client, method: str, target: str, *, secret: str = "", **claims: object) -> str:
        said = {"request": {"method": method, "url": target}, "claims": self.claims(**claims)}
        return str(library.do("sign", **said, secret=secret or self.secret))

    def call_of(self, library: Client, method: str, path: str, params: object) -> tuple[str, str, str]:
        """Let the add-on call the site, and return method, target below the site's address, and token."""
        wanted = {"method": method, "path": path, "params": params}
        answer = self.ask("POST", "/call", self.signed_by(library, "POST", "/call"), body=wanted)
        assert (answer.status, answer.json()) == (200, {"answer": {}}), answer.text
        said, target, token = self.site.calls[-1]
        return said, target.removeprefix(BELOW), token


@pytest.fixture(scope="module")
def place(project_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Return a running add-on that the site installed."""
    folder = tmp_path_factory.mktemp("addon")
    keys = client(NODE).do("keys")
    with serving_site() as site:
        site.keys["key-1"] = keys["public"]
        driver = STRANGERS / "atlassian-jwt" / "addon.py"
        settings = clean_settings(
            PYTHONPATH=str(REPOSITORY / TEMPLATE),
            SECRET_KEYS=uuid.uuid4().hex + uuid.uuid4().hex,
            DATABASE_URL=f"sqlite+aiosqlite:///{folder / 'addon.db'}",
            ATLASSIAN_KEYS_URL=f"{site.origin}/keys",
        )

        def command(port: int) -> list[str]:
            settings["BASE_URL"] = f"http://127.0.0.1:{port}"
            return [project_python, str(driver), str(port)]

        path = "/jira/atlassian-connect.json"
        with serving("addon-for-jira", command, path=path, folder=folder, settings=settings) as port:
            made = Place(f"http://127.0.0.1:{port}", site, uuid.uuid4().hex, uuid.uuid4().hex * 2, keys["private"])
            assert made.install(url="/jira/uninstalled").status == 401
            assert made.install().status == 204
            yield made


class TestInstall:
    def test_signed_by_the_library_is_believed_for_its_own_address_only_and_asks_for_its_key_once(
        self, place: Place
    ) -> None:
        """The fixture installed twice: first with a token for another address, which was refused."""
        assert place.site.asked_for == ["key-1"]


class TestIn:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "?issue=TP-7",
            "?b=2&a=1&A=3",
            "?k=b&k=a&k=",
            "?t=a+b%20c&e=%E2%82%AC&s=*~()!",
            "?jql=project%20%3D%20%22A%26B%22&flag",
        ],
        ids=range(6),
    )
    def test_entries_are_accepted(self, place: Place, library: Client, query: str) -> None:
        target = PANEL + query
        token = place.signed_by(library, "GET", target)
        in_query = f"{target}{'&' if query else '?'}jwt={token}"
        for answer in (place.ask("GET", target, token), call("GET", place.addon + in_query)):
            assert (answer.status, "for somebody" in answer.text) == (200, True)

    def test_entries_are_accepted_for_what_they_were_signed_for_alone(self, place: Place, library: Client) -> None:
        token = place.signed_by(library, "GET", f"{PANEL}?issue=TP-7")
        assert place.ask("GET", f"{PANEL}?issue=TP-8", token).status == 401
        assert place.ask("GET", PANEL, token).status == 401
        other = place.signed_by(library, "POST", f"{PANEL}?issue=TP-7")
        assert place.ask("GET", f"{PANEL}?issue=TP-7", other).status == 401
        forged = place.signed_by(library, "GET", PANEL, secret="n" * 40)
        assert place.ask("GET", PANEL, forged).status == 401

    def test_context_tokens_open_routes_for_scripts_alone(self, place: Place, library: Client) -> None:
        issue = {"jira": {"issue": {"key": "TP-7"}}}
        token = place.signed_by(library, "POST", "/who", qsh="context-qsh", context=issue)
        answer = place.ask("POST", "/who", token)
        assert (answer.status, answer.json()) == (200, {"user": "somebody", "place": "TP-7"})
        assert place.ask("GET", PANEL, token).status == 401
        assert place.ask("POST", "/who", place.signed_by(library, "POST", "/who")).status == 401


class TestOut:
    @pytest.mark.parametrize(
        ("method", "path", "params"),
        [
            ("GET", "rest/api/3/myself", None),
            ("GET", "rest/api/3/search/jql", {"jql": 'project = "A+B" & x ~ "é*"', "maxResults": 50}),
            ("PUT", "rest/api/3/issue", {"expand": ["names", "changelog", "a,b"], "empty": "", "~": "~", "B": "3"}),
            ("DELETE", "rest/api/3/issue/TP%201/%C3%A9%26", None),
        ],
        ids=range(4),
    )
    def test_calls_are_verified(self, place: Place, library: Client, method: str, path: str, params: object) -> None:
        said, target, token = place.call_of(library, method, path, params)
        request = {"method": said, "url": target}
        claims = library.do("verify", request=request, token=token, secret=place.secret)
        assert (claims.get("iss"), claims.get("aud")) == (ADDON_KEY, [place.client_key]), claims
        assert claims["iat"] < claims["exp"] <= claims["iat"] + 180

    def test_calls_are_verified_for_what_is_sent_alone(self, place: Place, library: Client) -> None:
        said, target, token = place.call_of(library, "GET", "rest/api/3/search/jql", {"jql": "x"})
        for request in ({"method": said, "url": f"{target}&a=1"}, {"method": "POST", "url": target}):
            refused = library.do("verify", request=request, token=token, secret=place.secret)
            assert refused == {"error": "qsh does not match"}
        request = {"method": said, "url": target}
        refused = library.do("verify", request=request, token=token, secret="x" * 40)
        assert "ignature" in refused["error"]

    def test_calls_are_verified_below_the_address_of_the_site(self, place: Place) -> None:
        """The library for Node takes the site's path away itself."""
        library = client(NODE)
        said, target, token = place.call_of(library, "GET", "rest/api/3/myself", {"a": "1"})
        request = {"method": said, "url": place.site.base_url + target, "baseUrl": place.site.base_url}
        assert library.do("verify", request=request, token=token, secret=place.secret)["iss"] == ADDON_KEY


class TestDeviations:
    """Where the libraries read a request as hosts do not; ours follows the hosts."""

    @pytest.mark.parametrize(
        ("name", "asked", "by_hosts", "by_library"),
        [
            (NODE, {"url": "/a?b%3A=1&b1=2"}, "GET&/a&b%3A=1&b1=2", "GET&/a&b1=2&b%3A=1"),
            (NODE, {"url": "/acmeco/x", "baseUrl": "https://a.example/acme"}, "GET&/acmeco/x&", "GET&/co/x&"),
            (NODE, {"url": "https://a.example/it's"}, "GET&/it's&", "GET&/it%27s&"),
            (PYTHON, {"url": "//a?b=1"}, "GET&//a&b=1", "GET&/a&b=1"),
        ],
        ids=["order of names with escapes", "base inside a segment", "apostrophe in an address", "two slashes"],
    )
    def test_are_known(self, name: str, asked: dict[str, str], by_hosts: str, by_library: str) -> None:
        said = client(name).do("canonical", requests=[{"method": "GET", **asked}])
        assert said == [by_library] != [by_hosts]

    def test_in_the_order_of_names_are_refused(self, place: Place) -> None:
        library, target = client(NODE), f"{PANEL}?b%3A=1&b1=2"
        assert place.ask("GET", target, place.signed_by(library, "GET", target)).status == 401
        assert place.ask("GET", target, place.signed_by(client(PYTHON), "GET", target)).status == 200
        said, below, token = place.call_of(library, "GET", "rest/api/3/x", {"b:": "1", "b1": "2"})
        request = {"method": said, "url": below}
        assert library.do("verify", request=request, token=token, secret=place.secret) == {
            "error": "qsh does not match"
        }

    @pytest.mark.parametrize(
        ("name", "relative", "deviating"),
        [(NODE, False, {"q039"}), (PYTHON, True, set()), (PYTHON, False, {"q041", "q044", "q045"})],
        ids=["npm", "PyPI below the base", "PyPI with the base"],
    )
    def test_from_the_vectors_are_no_others(self, name: str, *, relative: bool, deviating: set[str]) -> None:
        vectors = [one for one in json.loads(VECTORS.read_text("utf-8"))["vectors"] if "form_body" not in one]
        requests = [
            {
                "method": one["method"],
                "url": _below(one["url"], one["base_url"]) if relative else one["url"],
                "baseUrl": one["base_url"],
            }
            for one in vectors
        ]
        said = client(name).do("canonical", requests=requests)
        assert {one["id"] for one, made in zip(vectors, said, strict=True) if made != one["canonical"]} == deviating


def _below(url: str, base_url: str) -> str:
    """Return path and query below the base, as PyPI's library wants to have them."""
    parts = urlsplit(url)
    path = parts.path.removeprefix(urlsplit(base_url).path.rstrip("/"))
    return path + (f"?{parts.query}" if parts.query else "")
