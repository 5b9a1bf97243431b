"""The manifest of a Forge app: built from addon.toml and the declared handlers, written, and compared. Pure."""
