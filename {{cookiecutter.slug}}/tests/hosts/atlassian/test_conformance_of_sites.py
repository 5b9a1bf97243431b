"""The conformance suite over Jira and Confluence."""

from app.conformance import Administering, Binding, Conformance, Pausing, ProvenUninstalls, SignedLifecycle
from tests.hosts.atlassian_case import ConfluenceCase, JiraCase


class TestJira(Conformance, SignedLifecycle, Pausing, Binding, ProvenUninstalls, Administering):
    make_case = JiraCase


class TestConfluence(Conformance, SignedLifecycle, Pausing, Binding, ProvenUninstalls, Administering):
    make_case = ConfluenceCase
