"""The files of an export: planned, written and kept."""
