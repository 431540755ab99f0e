"""Links: the right to fetch one file until a moment."""
