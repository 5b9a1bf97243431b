"""What the host knows, in memory: people, rooms, messages, installations, the clock."""
