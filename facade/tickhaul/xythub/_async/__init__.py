"""The input and output of the client of xyt hub; `_async` is the source of both halves."""
