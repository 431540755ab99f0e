"""Players of others' parts against a running Handoff: carriers, who tell of calls."""
