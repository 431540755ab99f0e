"""What can go wrong on a laptop in a way that its owner can mend. The message says how; `handoff` prints nothing else.

LocalError
├── AlreadyRunningError
├── PortError
│   └── PortTakenError
├── PdfError
└── PostgresError
"""


class LocalError(Exception):
    """The laptop's stack cannot do what was asked."""


class AlreadyRunningError(LocalError):
    """Another stack runs in the same folder."""


class PortError(LocalError):
    """The port cannot be served on."""


class PortTakenError(PortError):
    """Another program has the port."""


class PdfError(LocalError):
    """The file cannot be the source."""


class PostgresError(LocalError):
    """Postgres could not be started."""
