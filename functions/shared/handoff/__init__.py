"""Handoff: slow work off the request path, handed back as a link that expires."""
