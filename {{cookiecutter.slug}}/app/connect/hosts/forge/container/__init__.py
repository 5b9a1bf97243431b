"""In a container of Atlassian's (reference 12): who calls is asked of the sidecar, and calls go out through it."""
