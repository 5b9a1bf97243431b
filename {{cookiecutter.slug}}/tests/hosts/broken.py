"""A host that fails while it is imported."""

FACTORY = 1 // 0
