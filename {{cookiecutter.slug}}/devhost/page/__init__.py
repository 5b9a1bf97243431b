"""The devhost's pages."""
