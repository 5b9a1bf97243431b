"""An attacker who is a tenant, too."""

import pytest

from tests.connect.asking import page_token
from tests.connect.http.attacking import Attacker
from tests.support.running import RunningAddon


@pytest.fixture
async def attacker(showcase: RunningAddon) -> Attacker:
    installation = await showcase.install()
    return Attacker(
        showcase, installation, await showcase.api_token(installation), await page_token(showcase, installation, "")
    )
