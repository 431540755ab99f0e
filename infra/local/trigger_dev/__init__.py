"""A Trigger.dev of this machine's: `python -m infra.local.trigger_dev --port 3030`.

It speaks as much of the management API as Handoff asks for, and runs the task of infra/trigger_dev itself, on Node.js.
"""

from infra.local.errors import LocalError
from infra.local.trigger_dev.node import find_node

# Known to everybody who reads this; the server takes connections from this machine alone.
DEVELOPMENT_SECRET_KEY = "tr_dev_handoff_on_this_machine"  # noqa: S105
DEVELOPMENT_SIGNING_KEY = "handoff_signs_deliveries_on_this_machine"


def check_installed() -> None:
    """Raises LocalError."""
    if find_node() is None:
        raise LocalError(
            "QUEUE_PROVIDER=trigger_dev needs Node.js, which `make dev QUEUE_PROVIDER=trigger_dev` installs."
        )
