"""Pebble, for add-ons: the router, and the model of its one event."""

from connect_pebble.router import Note, PebbleRouter

__all__ = ["Note", "PebbleRouter"]
