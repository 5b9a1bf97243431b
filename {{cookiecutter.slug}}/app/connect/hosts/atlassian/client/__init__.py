"""The typed API of Jira and Confluence, and the signed calls under it."""
