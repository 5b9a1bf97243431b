"""Secrets after all that an installation does: in no log at DEBUG, in no table as they are, in no document."""

import json
from collections.abc import Callable

import pytest

from app.connect.network.tokens import Wanted
from tests.connect.asking import GLANCE, host_token, install_again, page_token
from tests.connect.contents import every_row
from tests.connect.logs import Log
from tests.support.running import KEY, RunningAddon

pytestmark = pytest.mark.both_databases


class TestSecrets:
    async def test_are_in_no_log_no_table_and_no_document(
        self, showcase: RunningAddon, start_log: Callable[..., Log]
    ) -> None:
        log = start_log(as_json=True)
        installation = await showcase.install()
        first_secret = installation.secret
        installation.secret = "n3w-s3cret-of-the-same-tenant-0123456789"
        await install_again(showcase, installation)
        signed = host_token(showcase, installation)
        await showcase.http.get(GLANCE, params={"signed_request": signed})
        settings_page, panel = [await page_token(showcase, installation, key=key) for key in ("", "list")]
        api_token, another = [await showcase.api_token(installation) for _ in range(2)]
        await showcase.devhost.host.say(1, "/show me")
        await showcase.settle()
        tenant = await showcase.tenant(installation)
        await showcase.parts.tokens[tenant.host].get(tenant, Wanted(frozenset({"view_room"})))
        granted = [one.answer_body for one in showcase.devhost.host.wire if one.path.startswith("/v2/oauth/token")]
        access_tokens = [json.loads(body)["access_token"] for body in granted]
        for path in (GLANCE, "/hipchat/settings", "/nowhere"):
            for secret in (signed, settings_page, panel, api_token, another):
                await showcase.http.get(
                    path, params={"signed_request": secret}, headers={"Authorization": f"JWT {secret}"}
                )
        secrets = [first_secret, installation.secret, KEY, *access_tokens]
        secrets += [signed, settings_page, panel, api_token, another]
        tables = json.dumps(
            {name: [list(map(str, row)) for row in rows] for name, rows in (await every_row(showcase)).items()}
        )
        document = (await showcase.http.get("/openapi.json")).text
        pages = (await showcase.http.get("/")).text + (await showcase.http.get("/hipchat/capabilities.json")).text
        assert "installed" in log.text
        assert installation.client_id in tables
        assert len(set(secrets)) >= 11
        for secret in secrets:
            for where, text in (("log", log.text), ("tables", tables), ("document", document), ("pages", pages)):
                assert secret not in text, where
                assert secret.rpartition(".")[2].removeprefix("addon_") not in text, where
