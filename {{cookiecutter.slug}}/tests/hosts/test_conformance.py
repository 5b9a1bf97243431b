"""The conformance suite over the hosts that are here."""

from app.conformance import (
    Administering,
    Binding,
    Conformance,
    Enrolling,
    Granting,
    HintedUninstalls,
    Pausing,
    ProvenUninstalls,
    SignedLifecycle,
)
from tests.hosts.echo.case import EchoCase


class TestEcho(
    Conformance,
    SignedLifecycle,
    Pausing,
    Binding,
    HintedUninstalls,
    ProvenUninstalls,
    Enrolling,
    Granting,
    Administering,
):
    make_case = EchoCase
