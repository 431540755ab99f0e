"""Files: bytes in storage, kept for a while."""
