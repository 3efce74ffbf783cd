"""xyt hub."""
