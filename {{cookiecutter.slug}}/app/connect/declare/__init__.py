"""What an author declares, and how addon.toml and handlers are joined."""
