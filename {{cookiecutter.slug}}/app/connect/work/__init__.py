"""The inbox and the worker that runs it."""
