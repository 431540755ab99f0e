"""Phone calls, as their carriers tell of them: take an event (receive.py), record it (record.py), look (read.py)."""
