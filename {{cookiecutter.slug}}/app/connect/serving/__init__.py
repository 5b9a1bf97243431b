"""Requests and handlers: proof, routes, and what runs a claimed entry."""
