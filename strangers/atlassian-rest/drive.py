"""Calls a site with PyPI's jira and atlassian-python-api, whose requests PyPI's atlassian-jwt signs for an add-on.

Reads a line {"act": ..., ...} from standard input and writes a line with the act's answer, or {"error": ..., "status":
...}, to standard output, again and again. An act is the name of a client; it makes each of `calls`, which are a method
and its arguments.
"""

import json
import logging
import sys
from collections.abc import Callable
from types import GeneratorType
from typing import Any
from urllib.parse import urlsplit

import atlassian_jwt
import requests
from atlassian import Confluence, Jira
from atlassian.errors import ApiError
from atlassian.jira import JiraCloud
from jira import JIRA
from jira.exceptions import JIRAError
from jira.resources import Resource
from requests.auth import AuthBase

# What the clients say of errors is in the answer.
logging.disable(logging.CRITICAL)


class Signed(AuthBase):
    """Signs each request as an add-on, with what its install told it."""

    def __init__(self, install: dict[str, str]) -> None:
        self._below = urlsplit(install["baseUrl"]).path
        self._install = install

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        parts = urlsplit(str(request.url))
        target = parts.path.removeprefix(self._below) + (f"?{parts.query}" if parts.query else "")
        issuer = {"iss": self._install["key"]}
        token = atlassian_jwt.encode_token(str(request.method), target, payload_kwargs=issuer, **self._install)
        request.headers["Authorization"] = f"JWT {token}"
        return request


class Bearing(AuthBase):
    """Sends a user's access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def plain(found: Any) -> Any:
    """Return what a client gave as JSON."""
    if isinstance(found, Resource):
        return found.raw
    if isinstance(found, requests.Response):
        return found.status_code
    if isinstance(found, list | GeneratorType):
        return [plain(one) for one in found]
    return found


def with_jira(url: str, auth: AuthBase) -> Any:
    """Make a client of the package jira; it asks the site what it is."""
    options = {"server": url, "rest_api_version": "3"}
    client = JIRA(options=options, get_server_info=False, max_retries=0)
    client._session.auth = auth
    client.deploymentType = client.server_info()["deploymentType"]
    return client


def session(auth: AuthBase) -> requests.Session:
    made = requests.Session()
    made.auth = auth
    return made


CLIENTS: dict[str, Callable[[str, AuthBase], Any]] = {
    "jira": with_jira,
    "Jira": lambda url, auth: Jira(url, session=session(auth), cloud=True, api_version="3"),
    "JiraCloud": lambda url, auth: JiraCloud(url, session=session(auth), cloud=True, api_version="3"),
    "Confluence": lambda url, auth: Confluence(url, session=session(auth), cloud=False),
}


def call(client: Any, method: str, arguments: list[Any]) -> Any:
    """Call a method with arguments, the last of which may be named ones; a name with a dot is one of an answer's."""
    *given, last = [*arguments, {}] if not arguments or not isinstance(arguments[-1], dict) else arguments
    name, _, then = method.partition(".")
    found = getattr(client, name)(*given, **({} if then else last))
    return getattr(found, then)(**last) if then else found


def act(asked: dict[str, Any]) -> Any:
    """Let a client make its calls, up to the first that is refused."""
    install, bearer = asked["install"], asked["bearer"]
    try:
        client = CLIENTS[asked["act"]](install["baseUrl"], Bearing(bearer) if bearer else Signed(install))
        return [plain(call(client, method, arguments)) for method, *arguments in asked["calls"]]
    except JIRAError as error:
        return {"error": error.text, "status": error.status_code}
    except ApiError as error:
        return {"error": str(error), "status": 404}
    except requests.HTTPError as error:
        response = error.response
        return {"error": str(error), "status": response.status_code, "target": response.request.path_url}


def main() -> None:
    """Do one act for each line of standard input."""
    for line in sys.stdin:
        print(json.dumps(act(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
