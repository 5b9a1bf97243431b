"""The fixtures of the conformance suite."""

pytest_plugins = ["app.conformance"]
