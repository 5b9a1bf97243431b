"""Tenants: their rows, their view, their directory, their lifecycle."""
