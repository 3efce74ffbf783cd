"""Export schemas: the language, the built-in ones, and each account's own.

Stages, in order: `derive`, `unfold`, extraction, `transform` (section 11 of the API reference).
"""
