"""What the tests of the decisions share."""

from __future__ import annotations

from hypothesis import settings

# The machine that runs the tests may be busy; how long an example takes says nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
