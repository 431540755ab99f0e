"""PyJWT imports the package cryptography where it is there: 25 ms of a cold start, for key pairs alone. Only signing in
has such; the deliveries' signatures and the SDK of QStash have a shared secret, and all of them are in one layer.

So it is imported without first, and once more, whole, in a container where somebody signs in. Not in the packages that
need it: those are used by other applications too, whose PyJWT is their own affair.
"""

import sys


def import_without_key_pairs() -> None:
    """Does nothing where PyJWT, or cryptography, has been imported already."""
    if "jwt" in sys.modules or "cryptography" in sys.modules:
        return
    sys.modules["cryptography"] = None  # type: ignore[assignment]  # https://docs.python.org/3/reference/import.html#the-module-cache
    try:
        import jwt  # noqa: F401
    finally:
        del sys.modules["cryptography"]


def import_with_key_pairs() -> None:
    """Whoever has PyJWT by now keeps the one without."""
    import jwt

    if not jwt.algorithms.has_crypto:
        for name in [name for name in sys.modules if name == "jwt" or name.startswith("jwt.")]:
            del sys.modules[name]
        import jwt
