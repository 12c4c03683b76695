"""What the service counts about itself."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Metrics"]

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Requests by route, method and status, and how long they took."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "llamaspace_http_requests", "HTTP requests", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "llamaspace_http_request_seconds",
            "Time to answer an HTTP request",
            ("method", "route"),
            registry=self.registry,
            buckets=_BUCKETS,
        )

    async def observe(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Count one request under its route's template, so that ids make no new series."""
        started = time.perf_counter()
        response = await call_next(request)
        route = _template(request)
        self._requests.labels(request.method, route, str(response.status_code)).inc()
        self._seconds.labels(request.method, route).observe(time.perf_counter() - started)
        return response


def _template(request: Request) -> str:
    route = request.scope.get("route")
    path = getattr(route, "path", None)
    return str(path) if path else "other"
