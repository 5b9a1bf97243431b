"""Every call out of the process, and the access tokens it carries."""
