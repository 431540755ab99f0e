"""Slow work, by name: a job type is a typed handler that a queue's delivery runs."""
