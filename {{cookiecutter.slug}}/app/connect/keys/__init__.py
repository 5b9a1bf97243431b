"""Tokens and sealed secrets: the only cryptography."""
