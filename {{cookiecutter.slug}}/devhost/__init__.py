"""A host on this machine: it plays the host's side of the protocol for development and tests."""
