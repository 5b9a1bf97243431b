"""The typed client of what Atlassian keeps for the app, and how calls are authorised."""
