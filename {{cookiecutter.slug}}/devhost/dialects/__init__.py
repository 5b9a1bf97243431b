"""The protocols that the devhost speaks, one folder each."""
