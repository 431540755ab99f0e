"""Quotas: those of QStash's pay-as-you-go plan, which the official development server also has by default.

https://upstash.com/pricing/qstash.md and https://upstash.com/docs/qstash/howto/local-development
The bounds marked "ours" keep this process small; the vendor documents none for them.
"""

DEFAULT_RETRIES = 5
"""Retries when Upstash-Retries is absent: 3 on the free plan, 5 on paid ones.
https://upstash.com/docs/qstash/api-reference/messages/publish-a-message"""

DEFAULT_TIMEOUT_SECONDS = 2 * 60 * 60.0
"""Longest wait for a destination's answer ("max HTTP response duration"); Upstash-Timeout may only shorten it."""

MAX_DELAY_SECONDS = 24 * 60 * 60.0
"""No pause between two attempts is longer. https://upstash.com/docs/qstash/features/retry"""

MAX_BODY_BYTES = 10 * 1024 * 1024
"""Largest message, and the part of an answer that is kept: "we may truncate the response body if it exceeds your plan
limits". https://upstash.com/docs/qstash/features/callbacks"""

DEDUPLICATION_SECONDS = 10 * 60.0
"""How long a deduplication id is remembered.
https://upstash.com/docs/qstash/api-reference/messages/publish-a-message"""

MAX_LOGS = 10_000
"""Log entries kept. https://upstash.com/docs/qstash/howto/debug-logs"""

MAX_DEAD_LETTERS = 1_000
"""Dead letters kept; ours (the vendor limits their age)."""

MAX_PENDING = 10_000
"""Messages on their way; ours."""

MAX_QUEUES = 1_000
"""Queues; ours."""

MAX_SCHEDULES = 1_000
"""Schedules; ours."""

MAX_FLOW_KEYS = 1_000
"""Flow control keys remembered without a message of theirs on its way; ours."""

MAX_URL_GROUPS = 1_000
"""URL groups; ours."""

MAX_ENDPOINTS = 100
"""Endpoints of one URL group; ours."""

MAX_KEPT_BYTES = 64 * 1024 * 1024
"""Bodies held by each of: pending messages, logs, dead letters; ours."""

MAX_DEDUPLICATION_IDS = 100_000
"""Deduplication ids remembered; ours."""

MAX_CONCURRENT_ATTEMPTS = 100
"""Requests to destinations at the same time: the plan's parallelism."""
