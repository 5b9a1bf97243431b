"""How a tenant is named by the Forge installation of its site, which both doors say; one spelling for both. Pure."""

LONGEST = 400


def installation_name(installation: str, cloud_id: str | None = None) -> str:
    """Return the name; with the site's id, where that is said, an installation of another site never fits."""
    bare = installation.rpartition("/")[2].lower()
    return f"forge-installation:{bare}{f':{cloud_id}' if cloud_id else ''}"[:LONGEST]
