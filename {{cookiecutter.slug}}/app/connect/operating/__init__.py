"""What operators do besides serving: look at tenants, change keys."""
