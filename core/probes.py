"""Probes for operators: `/healthz` (alive, no I/O), `/readyz` (503 with reasons), `/metrics` (Prometheus text)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

import structlog
from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST

from core import metrics

log = structlog.get_logger()

# Each check returns nothing when all is well, else a short reason without secrets.
Check = Callable[[], str | None]


def blueprint(checks: Mapping[str, Check], metrics_token: str | None) -> Blueprint:
    """The three routes. `/metrics` wants a bearer token wherever one is set."""
    probes = Blueprint("probes", __name__)

    @probes.get("/healthz")
    def healthz() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @probes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        reasons = {name: reason for name, check in checks.items() if (reason := _asked(name, check)) is not None}
        return jsonify({"ready": not reasons, "reasons": reasons}), 503 if reasons else 200

    @probes.get("/metrics")
    def measured() -> Response:
        if metrics_token is not None and not _bears(metrics_token):
            return Response(
                "a bearer token is needed\n", 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain"
            )
        return Response(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)

    return probes


def _asked(name: str, check: Check) -> str | None:
    try:
        return check()
    except Exception:
        log.exception("a readiness check failed", check=name)
        return "cannot be told"


def _bears(token: str) -> bool:
    return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
