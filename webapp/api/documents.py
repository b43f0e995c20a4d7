"""The description of the API for programs and for people. Public: it is the same in every installation and tells
nothing of this one, and tools that read it (generators, clients, tests) have no token yet."""

from __future__ import annotations

import orjson
from flask import Response, current_app, render_template, request

from webapp.api import reference
from webapp.api.openapi import DESCRIPTION, describe
from webapp.api.operations import blueprint
from webapp.core.permissions import SCOPES, public


@blueprint.get("/api/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI 3.1 description."""
    body = orjson.dumps(describe(_public_url()), option=orjson.OPT_INDENT_2)
    answer = Response(body, content_type="application/json")
    answer.add_etag()
    answer.cache_control.no_cache = True
    return answer.make_conditional(request)


@blueprint.get("/api/docs")
@public
def docs() -> str:
    """The same for reading."""
    document = describe(_public_url())
    return render_template(
        "api/docs.html",
        chapters=reference.chapters(document),
        models=reference.models(document),
        paragraphs=DESCRIPTION.split("\n\n"),
        version=document["info"]["version"],
        scopes=SCOPES,
        base=_public_url(),
    )


def _public_url() -> str:
    found: str = current_app.config["SETTINGS"].public_url
    return found.rstrip("/")
