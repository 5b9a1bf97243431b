"""What `addon access` says of the routes by which hosts speak of installations: none is open to who merely asks."""

import pytest

from app.connect.application import Application
from app.connect.serving.openapi import asked_by_routes
from app.connect.settings import Settings
from tests.hosts.together.test_start_page import DOCUMENT

SITE = {
    "installed": "an install that Atlassian signed",
    "uninstalled": "an uninstall that Atlassian signed",
    "enabled": "a request that the site signed with its secret",
    "disabled": "a request that the site signed with its secret",
}
ASKED = {
    "hipchat": {
        "installed": "an install whose secret gets a token of the host",
        "updated": "no proof: the host itself is asked whether it is so",
        "installed/{client_key}": "no proof: the host itself is asked whether it is so",
    },
    "jira": SITE,
    "confluence": SITE,
    "forge": dict.fromkeys(("events", "hourly", "schedules/{key}", "uninstall"), "a token that Forge signed"),
}


class TestRoutesOfInstallations:
    @pytest.fixture
    async def asked(self, settings: Settings) -> dict[str, str]:
        application = Application(settings, (), document=DOCUMENT)
        listed = asked_by_routes(application.app.openapi())
        await application.close()
        return {f"{method} {path}": what for method, path, what in listed}

    async def test_say_what_they_are_believed_for(self, asked: dict[str, str]) -> None:
        for host, routes in ASKED.items():
            said = {path: what for path, what in asked.items() if path.partition(" /")[2].startswith(f"{host}/")}
            for path, what in routes.items():
                method = "DELETE" if path == "installed/{client_key}" else "POST"
                assert said[f"{method} /{host}/{path}"] == what

    async def test_leave_nothing_to_what_anybody_may_read(self, asked: dict[str, str]) -> None:
        free = {path for path, what in asked.items() if what == "nothing" and " /api/" not in path}
        assert free == {
            "GET /health/live",
            "GET /health/ready",
            "GET /hipchat/capabilities.json",
            "GET /jira/atlassian-connect.json",
            "GET /confluence/atlassian-connect.json",
        }
