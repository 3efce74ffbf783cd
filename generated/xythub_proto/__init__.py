"""The messages of xyt hub, each contract in a package of its own."""
