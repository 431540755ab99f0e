"""How long a function takes from its process's start to its first answer, beside the usual way's: `make bench`.

What `sam build` made is run by Lambda's own runtime client (awslambdaric) on Lambda's Python, with Lambda's
environment and nothing else, against a Runtime API of ours (runtime_api.py). Behind it stand a real Postgres over TLS,
a stand-in of the extension that has the secrets, an S3 by moto and the local QStash. The peer (tests/bench/peer) gets
the same requests in the same run: all variants take turns, in an order that is shuffled anew each round. Every answer
is checked.

What it cannot tell: networks take no time here, and Lambda's own part of a cold start (fetching the package, starting
the microVM) is not in it. Both favour neither side, except that a smaller package is fetched faster.
"""
