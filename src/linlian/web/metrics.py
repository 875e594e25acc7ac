"""Figures for Prometheus, at `/metrics`.

    linlian_ledger_height, linlian_readmodel_lag_blocks, linlian_ledger_waiting
    linlian_http_requests_total{method, route, status}, linlian_http_seconds{route}
    linlian_noes_total{code}, linlian_event_streams, linlian_webhook_…

Rules
- A label's values are few and ours: the pattern of a route, a status, a code that stands in the source. Nothing that
  a caller may choose becomes a label.
- Where things stand is read when somebody asks, never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Standing = Callable[[], Mapping[str, tuple[str, float]]]
"""How things stand: name → (what it is, value)."""


class Figures:
    """The node's figures. Other rooms add theirs to the same registry."""

    def __init__(self, standing: Standing, registry: CollectorRegistry):
        self.registry = registry
        self._standing = standing
        self._requests = Counter(
            "linlian_http_requests_total",
            "Requests that were answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "linlian_http_seconds",
            "How long an answer took",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._noes = Counter(
            "linlian_noes_total",
            "Requests that were refused, rejected or wrong, by code",
            ["code"],
            registry=self.registry,
        )
        self.registry.register(self)

    def answered(self, method: str, route: str, status: int, seconds: float, code: str) -> None:
        """An answer was given; `code` is that of a "no", one of the source's own, or empty."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if code:
            self._noes.labels(code).inc()

    def collect(self) -> Iterator[Metric]:
        """How things stand now; called by the registry."""
        for name, (about, value) in self._standing().items():
            yield GaugeMetricFamily(f"linlian_{name}", about, value)

    def describe(self) -> list[Metric]:
        """Nothing before it is asked for."""
        return []

    def text(self) -> bytes:
        """All figures in the text format of Prometheus."""
        return generate_latest(self.registry)
