"""How long a carrier waits for its 202, ours beside two usual ways of taking a webhook."""
