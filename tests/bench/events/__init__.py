"""How long a carrier waits for its 202, ours beside two usual ways of taking a webhook.

The figures say what each way costs this machine, not what it is worth: Postgres is here, idle, and asked over the
loopback interface, so that to write first is the quickest. Ours hands every event to the queue and asks the database
nothing. It answers while the database does not; of the two that need it before they answer, neither does.
"""
