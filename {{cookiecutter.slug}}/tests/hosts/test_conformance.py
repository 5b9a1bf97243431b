"""The conformance suite over the host of the tests; those that ship have theirs in their folders."""

import pytest

from app.conformance import (
    Administering,
    Binding,
    Conformance,
    Enrolling,
    Granting,
    HintedUninstalls,
    Pausing,
    ProvenUninstalls,
    Replying,
    SignedLifecycle,
)
from tests.hosts.echo.case import EchoCase

pytestmark = pytest.mark.both_databases


class TestEcho(
    Conformance,
    SignedLifecycle,
    Replying,
    Pausing,
    Binding,
    HintedUninstalls,
    ProvenUninstalls,
    Enrolling,
    Granting,
    Administering,
):
    make_case = EchoCase
