"""What a person at the terminal can mend."""


class DeployError(Exception):
    """The deployment cannot go on, and its words say why."""
