"""The 29 operations: each reads its call, asks the service, and answers."""
