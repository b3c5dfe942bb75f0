"""What Prometheus is told: requests by route, and the process's own figures, in a registry of our own."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST


class Metrics:
    """`registry` is where other parts register theirs."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "soulseer_http_requests_total", "HTTP requests", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "soulseer_http_request_seconds", "Time to answer", ["method", "route"], registry=self.registry
        )
        self.commands = Counter("soulseer_live_commands_total", "Live commands", ["command", "code"], registry=self.registry)
        self.command_seconds = Histogram(
            "soulseer_live_command_seconds", "Time to acknowledge", ["command"], registry=self.registry
        )
        # As many as there are commands and codes; looking the labels up each time would cost more than the counting.
        self._command_children: dict[tuple[str, str | None], tuple[Counter, Histogram]] = {}

    def observe_request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        # Any token may stand where the method does; only known ones become a label.
        known = method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
        self.requests.labels(known, route, str(status)).inc()
        self.request_seconds.labels(known, route).observe(seconds)

    def observe_command(self, name: str, code: str | None, seconds: float) -> None:
        """`name` is empty when there is no such command; `code` is the error's, None when it succeeded."""
        name = name or "unknown"
        children = self._command_children.get((name, code))
        if children is None:
            children = self.commands.labels(name, code or "ok"), self.command_seconds.labels(name)
            self._command_children[name, code] = children
        children[0].inc()
        children[1].observe(seconds)

    def render(self) -> web.Response:
        return web.Response(body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
