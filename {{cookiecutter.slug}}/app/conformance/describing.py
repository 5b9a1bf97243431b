"""The dialect: a descriptor that is valid and stable, mistakes that say how to mend them, routes made by the core."""

import json
from pathlib import Path

import pytest

from app.conformance.case import HostCase
from app.conformance.sending import Sent
from app.conformance.stage import BASE_URL, Stage, make_application, sqlite_at
from app.connect.declare.addon import route_path
from app.connect.errors import ConfigurationError


@pytest.mark.asyncio
class Describing:
    """What the host reads of the add-on, and what its author reads of mistakes."""

    async def test_descriptor_is_served_as_it_is_described(self, stage: Stage) -> None:
        name = stage.case.name
        document = stage.application.hosts[name].dialect.describe(stage.application.addon)
        assert document.media_type
        if document.path is None:
            # What is deployed by hand may name the address by a variable of the deployment.
            return
        assert BASE_URL.encode() in document.body
        served = await stage.send(Sent("GET", route_path(name, document.path)))
        assert (served.status, served.body) == (200, document.body)
        assert served.headers["content-type"].startswith(document.media_type)

    async def test_descriptor_is_the_same_each_time(self, stage: Stage) -> None:
        dialect = stage.application.hosts[stage.case.name].dialect
        documents = {dialect.describe(stage.application.addon).body for _ in range(3)}
        assert len(documents) == 1

    async def test_json_descriptor_is_json_without_secrets(self, stage: Stage) -> None:
        document = stage.application.hosts[stage.case.name].dialect.describe(stage.application.addon)
        if document.media_type.endswith("json"):
            assert isinstance(json.loads(document.body), dict)
        for secret in _secrets(stage.case):
            assert secret not in document.body.decode()

    async def test_add_on_without_mistakes_has_no_problems(self, stage: Stage) -> None:
        assert list(stage.application.hosts[stage.case.name].dialect.problems(stage.application.addon)) == []

    async def test_each_mistake_is_a_sentence_with_file_key_and_fix(self, case: HostCase, tmp_path: Path) -> None:
        assert case.wrong, "give the case at least one wrong section"
        for number, (section, key) in enumerate(case.wrong):
            with pytest.raises(ConfigurationError) as caught:
                make_application(case, sqlite_at(tmp_path / f"{number}.db"), case.routers(_ignore), section=section)
            said = str(caught.value)
            assert "addon.toml" in said
            line = next((line for line in said.splitlines() if key in line), None)
            assert line is not None, f"{key} is not named in: {said}"
            assert any(mark in line for mark in (";", ". ", ": must be ")), f"no fix in: {line}"

    async def test_every_endpoint_is_a_route_below_the_hosts_name(self, stage: Stage) -> None:
        name = stage.case.name
        paths = stage.application.app.openapi()["paths"]
        endpoints = stage.application.hosts[name].dialect.endpoints(stage.application.addon)
        for endpoint in endpoints:
            assert endpoint.method.lower() in paths[f"/{name}/{endpoint.path}"]
            assert endpoint.summary
        assert len({(one.method, one.path) for one in endpoints}) == len({one.name for one in endpoints})

    async def test_endpoint_takes_no_other_method(self, stage: Stage) -> None:
        name = stage.case.name
        for endpoint in stage.application.hosts[name].dialect.endpoints(stage.application.addon):
            path = f"/{name}/{endpoint.path}".replace("{", "").replace("}", "")
            assert (await stage.send(Sent("PATCH", path))).status == 405


async def _ignore(*_: object) -> None:
    """Take no notice."""


def _secrets(case: HostCase) -> list[str]:
    dumped = case.settings().model_dump()
    return [value.get_secret_value() for value in dumped.values() if hasattr(value, "get_secret_value")]
