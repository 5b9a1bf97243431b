"""The conformance suite over Forge, whose frontends call and show no page of ours."""

from app.conformance import CallConformance, ProvenUninstalls
from tests.hosts.forge_case import ForgeCase


class TestForge(CallConformance, ProvenUninstalls):
    make_case = ForgeCase
