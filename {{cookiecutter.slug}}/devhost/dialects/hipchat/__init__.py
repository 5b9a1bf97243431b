"""HipChat: the group chat Connect protocol."""
