"""Images: ask for some (request.py), take the provider's answers (receive.py), look at them (read.py), say what went
wrong (outcomes.py); providers/ holds who makes them."""
