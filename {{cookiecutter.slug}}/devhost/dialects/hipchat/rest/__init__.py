"""HipChat's REST API."""
