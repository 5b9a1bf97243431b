"""HipChat's REST API: one file a subject; list a new one in `../dialect.py`."""
