"""The conformance suite over Jira and Confluence."""

import pytest

from app.conformance import Administering, Binding, Conformance, Pausing, ProvenUninstalls, SignedLifecycle
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase

pytestmark = pytest.mark.both_databases


class TestJira(Conformance, SignedLifecycle, Pausing, Binding, ProvenUninstalls, Administering):
    make_case = JiraCase


class TestConfluence(Conformance, SignedLifecycle, Pausing, Binding, ProvenUninstalls, Administering):
    make_case = ConfluenceCase
