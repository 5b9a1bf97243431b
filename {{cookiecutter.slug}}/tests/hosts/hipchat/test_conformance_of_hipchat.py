"""The conformance suite over HipChat."""

import pytest

from app.conformance import Administering, Conformance, Granting, HintedUninstalls, Replying
from tests.hosts.hipchat_case import HipChatCase

pytestmark = pytest.mark.both_databases


class TestHipChat(Conformance, Replying, HintedUninstalls, Granting, Administering):
    make_case = HipChatCase
