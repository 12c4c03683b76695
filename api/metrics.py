"""What the service counts about itself."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final

from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Metrics"]

_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# What a client makes up is no label: each new one would be a series for ever.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Requests by route, method and status, how long they took, and how searches for alternatives went."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "llamaspace_http_requests", "HTTP requests", ("method", "route", "status"), registry=self.registry
        )
        self._searches = Counter(
            "llamaspace_alternative_searches",
            "Searches for alternatives of plans",
            ("outcome",),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "llamaspace_http_request_seconds",
            "Time to answer an HTTP request",
            ("method", "route"),
            registry=self.registry,
            buckets=_BUCKETS,
        )

    def count_search(self, outcome: str) -> None:
        """Count a search for alternatives: found, none or failed."""
        self._searches.labels(outcome).inc()

    async def observe(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Count one request under its route's template, so that ids make no new series."""
        started = time.perf_counter()
        status = "500"  # a defect passes through as an exception
        try:
            response = await call_next(request)
            status = str(response.status_code)
        finally:
            route, method = _template(request), request.method if request.method in _METHODS else "other"
            self._requests.labels(method, route, status).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - started)
        return response


def _template(request: Request) -> str:
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return "other"
    # A route knows its path within its router; the segments before it are those of the router's prefix.
    asked, own = request.url.path.split("/")[1:], route.path.split("/")[1:]
    return "/".join(["", *asked[: len(asked) - len(own)], *own])
