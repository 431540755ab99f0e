"""Exports: ask for one (request.py), make it (produce.py), look at it (read.py), say what went wrong (outcomes.py)."""
