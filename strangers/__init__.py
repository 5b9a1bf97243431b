"""Runs clients and add-ons that others wrote against the devhost."""
