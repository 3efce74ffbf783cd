"""The market: which instruments there are, and the messages their exchanges send."""
