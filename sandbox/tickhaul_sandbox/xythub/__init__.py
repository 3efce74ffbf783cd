"""xyt hub, emulated: token endpoint, framed messages, the typed operations of contract 1.1.2, generic requests of 2.0.0.

It brings its own transcription of the contracts and its own few lines of Protocol Buffers. The client's messages come
from `.proto` files by way of protobuf's compiler; had both sides the same source, a wrong number in it would go unnoticed.
"""
