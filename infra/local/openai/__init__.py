"""OpenAI's images API on a laptop: `python -m infra.local.openai --port 9200`.

POST /v1/images/generations answers as https://api.openai.com does, with pictures of the prompt itself: it asks for the
key, takes what the vendor's API takes, and refuses with its error bodies what that refuses. tests/local/test_openai.py
holds it to the types of the vendor's own package.

Words in the prompt bring about what can happen with the real one:

| in the prompt | what happens |
|---|---|
| [fail: content policy] | 400 moderation_blocked |
| [fail: rate limit] | 429 rate_limit_exceeded with Retry-After |
| [fail: quota] | 429 insufficient_quota |
| [fail: key] | 401 invalid_api_key |
| [fail: error] | 500 server_error |
| [fail: overloaded] | 503 server_is_overloaded |
| [fail: hang up] | the connection ends without an answer |
| [fail: never] | no answer, for as long as anybody waits |
| [fail: truncated] | half an answer |
| [fail: unreadable] | an answer that is no JSON |
| [fail: not an image] | an answer whose picture is none |
| [fail: too large] | a picture of 1.5 MB, more than a laptop keeps |
| [fail: beyond a callback] | a picture of 5 MB, which no callback to a Lambda function can bring |
| [fail once: …] | any of these, for the first call with this prompt alone; rate limit: until the Retry-After is over |
| [by url] | an answer that names a URL, as those of other servers that speak this API do |
| [slow] | ten times the usual delay |

Not here: edits, variations, streams, `n` above 4, GIF and SVG.
"""

DEVELOPMENT_KEY = "sk-handoff-on-this-machine"
"""Known to everybody who reads this; the server takes connections from this machine alone."""
HOST_AND_PORT = "api.openai.com:443"
"""What it stands for."""
LARGEST_KEPT_BYTES = 1_000_000
"""MAX_IMAGE_BYTES on a laptop that has it, so that [fail: too large] is."""
DELAY_SECONDS = 3.0
"""Of a picture of medium quality. The real one takes longer."""
