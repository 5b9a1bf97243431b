"""The start page says of each host that is served what to do next, and of no other."""

from typing import Any

import httpx
import pytest

from app.conformance.stage import BASE_URL
from app.connect.application import Application
from app.connect.settings import Settings

DOCUMENT: dict[str, Any] = {
    "addon": {"key": "com.example.all", "name": "All", "description": "On every host"},
    "hipchat": {"scopes": []},
    "jira": {"scopes": ["READ"]},
    "confluence": {"scopes": ["READ"]},
    "forge": {"scopes": ["read:jira-work"], "app": "ari:cloud:ecosystem::app/00000000-0000-0000-0000-000000000000"},
}
SAID = {
    "hipchat": "opens the host&#39;s list of integrations, pastes this address",
    "jira": "from its listing in the Atlassian Marketplace; the cloud takes no new address of a descriptor",
    "confluence": "from its listing in the Atlassian Marketplace; the cloud takes no new address of a descriptor",
    "forge": "(addon manifest &gt; manifest.yml) and deploy it (forge deploy)",
}
SERVED = [("hipchat",), ("jira", "confluence"), ("jira", "forge"), ("hipchat", "jira", "confluence", "forge")]


class TestStartPage:
    @pytest.mark.parametrize("hosts", SERVED, ids="-".join)
    async def test_says_what_to_do_next_for_each_host(self, settings: Settings, hosts: tuple[str, ...]) -> None:
        document = {name: part for name, part in DOCUMENT.items() if name in {"addon", *hosts}}
        application = Application(settings, (), document=document)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application.app), base_url=BASE_URL) as http:
            page = (await http.get("/")).text
        await application.close()
        parts = {part.partition("</dt>")[0]: part.partition("</dd>")[0] for part in page.split("<dt>")[1:]}
        assert list(parts) == list(hosts)
        for host, part in parts.items():
            assert SAID[host] in part
            assert (f"/{host}/" in part) == (host != "forge")
