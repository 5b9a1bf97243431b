"""Forge: apps of a manifest, installed on the same sites, whose remotes are called with invocation tokens."""

# It is another way onto the sites of Connect: it has none of its own.
STANDS_ON = ("atlassian",)
