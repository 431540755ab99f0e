"""A smoke test of a deployment, through its public address alone: what a person would do, one step after the other."""

from infra.local.smoke.calls import call_steps
from infra.local.smoke.checks import expiry_steps, header_steps, provider_steps
from infra.local.smoke.client import Client, Given, SmokeError
from infra.local.smoke.export import export_steps
from infra.local.smoke.images import image_steps
from infra.local.smoke.page import page_steps

__all__ = ["CHECKS", "STORIES", "Client", "Given", "SmokeError"]

STORIES = (page_steps, export_steps, image_steps, call_steps)
"""Each tells its steps as it takes them, or why it takes none, and raises SmokeError at the first that goes wrong."""

CHECKS = (page_steps, header_steps, provider_steps, export_steps, expiry_steps)
"""What a doctor looks at, each by itself."""
