"""The typed client of a HipChat host's API."""
