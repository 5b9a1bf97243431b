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
from tests.hosts.hipchat_case import HipChatCase


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


class TestHipChat(Conformance, HintedUninstalls, Granting, Administering):
    make_case = HipChatCase
