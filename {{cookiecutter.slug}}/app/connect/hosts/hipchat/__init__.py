"""HipChat: the group chat Connect protocol, spoken by self-hosted and compatible hosts and by the devhost."""
