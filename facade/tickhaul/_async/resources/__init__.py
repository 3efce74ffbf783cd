"""One module for each resource of the service; each of their methods is one operation, or a short story of a few."""
