"""The chat as people see it: rooms, their pages and acts, in every dialect that a chat can speak."""
