"""Addresses for programs that watch this installation."""

from __future__ import annotations

from datetime import UTC, timedelta

from flask import Blueprint, Response, current_app, jsonify, url_for
from prometheus_client import CONTENT_TYPE_LATEST

from webapp.config import Settings
from webapp.core.clock import now
from webapp.core.errors import NotFound
from webapp.core.permissions import public
from webapp.health import metrics, service

blueprint = Blueprint("health", __name__)
ANSWERED_FOR = timedelta(days=90)


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


@blueprint.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """Whom to tell of a weakness (RFC 9116, from SECURITY_CONTACT); 404 where nobody is named.

    Expires is a whole day, so that the file stays the same for as long: as long as this installation answers, its
    contact is what the operator set."""
    settings: Settings = current_app.config["SETTINGS"]
    if not settings.security_contact:
        raise NotFound
    expires = (now().astimezone(UTC) + ANSWERED_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {one}" for one in settings.security_contact]
    lines.append(f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}")
    if settings.https:
        lines.append(f"Canonical: {settings.public_url}{url_for('health.security_txt')}")
    return Response("\r\n".join([*lines, ""]), mimetype="text/plain")
