"""Turns every error into a page that helps or an RFC 9457 problem document; never a stack trace."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, render_template, url_for
from flask_wtf.csrf import CSRFError
from htmx_flask import request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webapp.core import errors
from webapp.core.permissions import current_actor
from webapp.extensions import db

log = structlog.get_logger(__name__)

PRODUCT = "Toolkit"


@dataclass(frozen=True)
class BareShell:
    """For error pages: asks nothing of the database, the session or the queue."""

    product: str = PRODUCT
    lang: str = "en"
    theme: str = "auto"
    home_href: str = "/"
    login_href: str = "/login"
    sign_out_action: str = "/logout"
    switch_workspace_action: str = "/workspaces/switch"
    nav: tuple[Any, ...] = ()
    user: None = None
    workspace: None = None
    workspaces: tuple[Any, ...] = ()
    banners: tuple[Any, ...] = ()


HTTP_WORDS = {
    400: ("We could not read that request", "Something in it was not in the right form.", "Go back and try again."),
    404: (
        "There is nothing here",
        "We could not find what you asked for.",
        "Check the address, or start from the home page.",
    ),
    405: ("That does not work here", "This address does not do that.", "Go back and use the buttons on the page."),
    413: ("That is too large", "What you sent is larger than we take.", "Make it smaller and send it again."),
    415: ("We don't read that format", "What you sent is in a format we don't read here.", "Send JSON or a form."),
    429: ("That was a little fast", "Too many requests in a short time.", "Wait a minute and try again."),
}


def wants_json() -> bool:
    return bool(request.path.startswith("/api/"))


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """An RFC 9457 problem document."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    if g.get("request_id"):
        body["reference"] = g.request_id
    answer = jsonify(body)
    answer.status_code = status
    answer.mimetype = "application/problem+json"
    answer.headers.update(headers or {})
    return answer


def _page(status: int, title: str, message: str, fix: str, *, link: str = "", link_label: str = "") -> Response:
    """A page, or for HTMX a message in the region for failures; both without asking the database anything."""
    words = f"{message} {fix}".strip()
    if request.htmx:
        answer = Response(status=status)
        answer.headers["HX-Reswap"] = "none"
        answer.headers["HX-Trigger"] = json.dumps({"toast": {"tone": "danger", "message": words}})
        return answer
    return Response(
        render_template(
            "errors/error.html",
            ui=BareShell(),
            code=status,
            title=title,
            message=words,
            actions=[{"href": link, "label": link_label}] if link else [],
            reference=g.get("request_id", ""),
        ),
        status=status,
    )


def _product_error(error: errors.ProductError) -> Response:
    db.session.rollback()
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, errors.TooMany) else {}
    if wants_json():
        fields = error.fields if isinstance(error, errors.Invalid) else {}
        details = [
            {"pointer": name if name.startswith("/") else f"/{name}", "detail": text} for name, text in fields.items()
        ]
        detail = f"{error} {error.fix}".strip()
        if isinstance(error, errors.NotSignedIn):
            headers["WWW-Authenticate"] = "Bearer"
        return problem(error.status, error.title, detail, errors=details, headers=headers)
    if isinstance(error, errors.NotSignedIn):
        return _to_sign_in()
    answer = _page(error.status, error.title, str(error), error.fix, link=error.link, link_label=error.link_label)
    answer.headers.update(headers)
    return answer


def _to_sign_in() -> Response:
    back = request.full_path.rstrip("?") if request.method == "GET" and not request.htmx else ""
    address = url_for("accounts.sign_in", next=back) if back else url_for("accounts.sign_in")
    if request.htmx:
        return Response(status=401, headers={"HX-Redirect": address})
    return Response(status=303, headers={"Location": address})


def _http_error(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    db.session.rollback()
    title, message, fix = HTTP_WORDS.get(error.code, (error.name, "That did not work.", "Go back and try again."))
    headers = {}
    if error.code == 429:
        headers["Retry-After"] = "60"
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(error.valid_methods)
    if wants_json():
        return problem(error.code, title, f"{message} {fix}", headers=headers)
    answer = _page(error.code, title, message, fix)
    answer.headers.update(headers)
    return answer


def _forged(error: CSRFError) -> Response:
    db.session.rollback()
    title = "This page was open for too long"
    message = "For your safety we did not do what was asked, since we could not be sure that it came from this page."
    if wants_json():
        return problem(403, title, "Send the session's CSRF token in X-CSRF-Token, or use a token.")
    return _page(403, title, message, "Reload the page and try again.")


def _database(error: Exception) -> Response:
    log.error("the database can't be reached or is busy", error=str(getattr(error, "orig", error))[:300])
    _quiet_rollback()
    title, message = (
        "We can't do that at this moment",
        "Our database is busy or can't be reached. Nothing was changed.",
    )
    fix = "Try again in a minute. If it stays like this, tell whoever runs this server to type: toolkit doctor"
    if wants_json():
        return problem(503, title, f"{message} {fix}", headers={"Retry-After": "10"})
    answer = _page(503, title, message, fix)
    answer.headers["Retry-After"] = "10"
    return answer


def _unexpected(error: Exception) -> Response:
    rule = request.url_rule.rule if request.url_rule else ""  # not the address itself: some hold a token
    log.exception("unexpected error", path=rule, actor=getattr(current_actor(), "user_id", ""))
    _quiet_rollback()
    title, message = "Something went wrong on our side", "It is our mistake, not yours. Nothing was changed."
    fix = "Try again. If it happens again, tell your admin the reference below."
    if wants_json():
        return problem(500, title, f"{message} {fix}")
    return _page(500, title, message, fix)


def _quiet_rollback() -> None:
    try:
        db.session.rollback()
    except Exception as error:  # the session may be what is broken
        log.warning("the database session could not be rolled back", error=type(error).__name__)
        db.session.remove()


def init_app(app: Flask) -> None:
    app.register_error_handler(errors.ProductError, _product_error)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(PoolTimeout, _database)
    app.register_error_handler(Exception, _unexpected)
