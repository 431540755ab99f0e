"""Imported before everything else in each app.py: no garbage is collected while modules are imported.

It would find nothing, and takes a tenth of a cold start. `started` turns collection on again.
"""

import gc

gc.disable()


def started() -> None:
    """Everything is imported, and stays: no collection need look at it, the first one least of all."""
    gc.freeze()
    gc.enable()
