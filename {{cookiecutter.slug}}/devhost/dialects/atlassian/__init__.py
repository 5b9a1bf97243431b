"""Atlassian Connect: sites of Jira and Confluence that install add-ons, show their pages and are called by them."""
