"""API tokens: how a tenant's own programs call the add-on."""
