"""A local server that speaks QStash's v2 protocol, for laptops and tests: `python -m infra.local.qstash --port 8080`.

The official SDKs, Python's and JavaScript's, work against it unchanged: every method of theirs is tried. Pages are
under https://upstash.com/docs/qstash/ .

| feature | page | tests/qstash/test_qstash_*.py |
|---|---|---|
| publish: raw destination paths, method, forwarded headers, label | howto/publishing, api-reference | publish |
| batch: URLs, groups and queues at once | features/batch | batch |
| URL groups: fan-out, and what names them | features/url-groups | url_groups |
| URL groups: upsert, get, list, delete, remove endpoints | api-reference/url-groups | url_group_management |
| delay, not before | features/delay | publish |
| deduplication by id and by content | features/deduplication | deduplication |
| signed delivery and its headers | features/security, howto/receiving | delivery |
| timeout | api-reference | delivery |
| retries, backoff, Retry-Delay, Retry-After, 489 | features/retry | retry, expression |
| callbacks and failure callbacks | features/callbacks | callbacks |
| dead letters: list, get, retry, delete | features/dlq, api-reference/dlq | dead_letters, dead_letters_bulk |
| messages: get, cancel, bulk cancel | api-reference/messages | messages |
| filters of messages, dead letters and logs; labels | api-reference/messages/bulk-cancel-messages | filters |
| logs and events, redaction | howto/debug-logs, howto/redact-fields | logs |
| queues: enqueue, order, parallelism, callbacks | features/queues | queues |
| queues: upsert, get, list, delete, pause, resume | api-reference/queues | queue_management |
| schedules: when and what they publish | features/schedules | schedules |
| schedules: create, replace, get, list, delete, pause, resume | api-reference/schedules | schedule_management |
| cron expressions and their zones | features/schedules#timezones | cron |
| flow control: rate and parallelism of a key, parallelism of all | features/flowcontrol | flow_control |
| flow control keys: list, get, pause, resume, pin, unpin, reset rate | api-reference/flow-control | flow_keys |
| signing keys: get, rotate | howto/roll-signing-keys | keys |
| token, and in the query | features/security, api-reference | keys, tokens |
| read-only token | howto/readonly-token | tokens |
| messages to an API of a model; `--map`, which the cloud has not | integrations/llm | detours |
| one process: port, speed, exit | howto/local-development | process, close |

Not here: bulk actions that go on in the background, rate limits of the API, workflows. The cloud delivers to public
addresses only; how it says so is not documented, and here the loopback is the usual destination.
"""

DEVELOPMENT_TOKEN = "eyJVc2VySUQiOiJkZWZhdWx0VXNlciIsIlBhc3N3b3JkIjoiZGVmYXVsdFBhc3N3b3JkIn0="  # noqa: S105
"""User 1 of the official development server, public: https://upstash.com/docs/qstash/howto/local-development"""
DEVELOPMENT_CURRENT_SIGNING_KEY = "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r"
"""As above."""
DEVELOPMENT_NEXT_SIGNING_KEY = "sig_5ZB6DVzB1wjE8S6rZ7eenA8Pdnhs"
"""As above."""
