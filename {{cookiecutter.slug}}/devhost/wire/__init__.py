"""Requests in both directions: taken in, sent out, logged, guarded."""
