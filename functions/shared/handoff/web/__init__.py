"""The ASGI pieces that the four web functions share."""
