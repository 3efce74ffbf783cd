"""Decisions without I/O: every module here is a function of its arguments, tested as tables and properties."""
