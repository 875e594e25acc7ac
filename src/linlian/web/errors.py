"""What a request can do wrong before any rule is asked. Each code has one HTTP status (`problems.STATUSES`)."""

from __future__ import annotations

from linlian.kernel.errors import LinlianError


class WebError(LinlianError):
    """A request that cannot be answered as it was put."""
