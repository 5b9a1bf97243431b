"""The conformance suite over Forge, whose frontends call and show no page of ours."""

import pytest

from app.conformance import CallConformance, ProvenUninstalls
from tests.hosts.forge_case import ForgeCase

pytestmark = pytest.mark.both_databases


class TestForge(CallConformance, ProvenUninstalls):
    make_case = ForgeCase
