"""The front door, bodies, strict JSON and error answers."""
