"""The add-on service: `connect` is the plumbing, `addon` is yours, `main` wires them together."""

from app.installed import require_packages

require_packages()
