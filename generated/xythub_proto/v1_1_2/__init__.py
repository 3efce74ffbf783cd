"""xyt hub's messages, contract 1.1.2."""
