"""The conformance suite over HipChat."""

from app.conformance import Administering, Conformance, Granting, HintedUninstalls, Replying
from tests.hosts.hipchat_case import HipChatCase


class TestHipChat(Conformance, Replying, HintedUninstalls, Granting, Administering):
    make_case = HipChatCase
