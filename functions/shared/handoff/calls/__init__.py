"""Phone calls as carriers tell of them: events in (receive.py, record.py), and looked at (read.py, period.py)."""
