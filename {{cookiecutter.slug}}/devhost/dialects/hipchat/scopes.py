"""The nine scopes and how the host describes them to the person who installs."""

SCOPES: dict[str, tuple[str, str]] = {
    "admin_group": ("Administer Group", "Administer users and the group's settings"),
    "admin_room": ("Administer Room", "Change rooms, members, topics and webhooks"),
    "import_data": ("Import Data", "Import users, rooms and history"),
    "manage_rooms": ("Manage Rooms", "Create, change and delete rooms"),
    "send_message": ("Send Message", "Send messages as the owner of the token"),
    "send_notification": ("Send Notification", "Send room notifications"),
    "view_group": ("View Group", "Read users, rooms and other data of the group"),
    "view_messages": ("View Messages", "Read the history of rooms and conversations"),
    "view_room": ("View Room", "Read rooms, their members and who is in them"),
}


def described(scope: str) -> dict[str, str]:
    """Write a scope as the capabilities document does."""
    name, description = SCOPES[scope]
    return {"id": scope, "name": name, "description": description}
