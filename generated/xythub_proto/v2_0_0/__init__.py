"""xyt hub's messages, contract 2.0.0."""
