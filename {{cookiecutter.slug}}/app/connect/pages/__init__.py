"""Pages for the host's frames, and the tokens with which they call back."""
