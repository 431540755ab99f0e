"""A smoke test of a deployment, through its public address alone: what a person would do, one step after the other."""

from infra.local.smoke.client import Client, SmokeError
from infra.local.smoke.export import export_steps
from infra.local.smoke.page import page_steps

__all__ = ["STORIES", "Client", "SmokeError"]

STORIES = (page_steps, export_steps)
"""Each tells its steps as it takes them, and raises SmokeError at the first that goes wrong."""
