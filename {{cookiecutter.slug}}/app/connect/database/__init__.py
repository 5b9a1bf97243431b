"""The engine, the schema, and the store."""
