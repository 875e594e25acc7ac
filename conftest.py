"""For all tests. A property holds or not however long one example takes on a busy machine, so there is no deadline."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", settings(), deadline=None)
settings.load_profile("house")
