"""Addresses for programs that watch this installation."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST

from webapp.core.permissions import public
from webapp.health import metrics, service

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """200 as long as this process answers."""
    return Response("alive\n", mimetype="text/plain")


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """200 when database, queue and worker answer; 503 with the reason in words when one does not."""
    findings = service.readiness()
    well = all(finding.ok for finding in findings)
    answer = jsonify(
        ready=well,
        checks=[{"name": one.name, "ok": one.ok, "says": one.says, "fix": one.fix} for one in findings],
    )
    answer.status_code = 200 if well else 503
    return answer


@blueprint.get("/metrics")
@public
def prometheus() -> Response:
    """Numbers about the installation as Prometheus text; names no workspace and no person."""
    return Response(metrics.render(), content_type=CONTENT_TYPE_LATEST)
