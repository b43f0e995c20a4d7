"""The description of the API for programs and for people. Public: it tells what this product can do and nothing of
what anybody has here, and tools that read it (generators, clients, tests) have no token yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from flask import Response, current_app, render_template, request

from providers.kit.registry import Registry
from webapp.api import reference
from webapp.api.openapi import DESCRIPTION, describe
from webapp.api.operations import blueprint
from webapp.catalog import service as catalog
from webapp.core.permissions import SCOPES, public

_KEPT = "openapi"


@dataclass(frozen=True)
class Described:
    """The description while the providers stay the same."""

    registry: Registry
    document: dict[str, Any]
    text: bytes


@blueprint.get("/api/openapi.json")
@public
def openapi() -> Response:
    """The OpenAPI 3.1 description."""
    answer = Response(_described().text, content_type="application/json")
    answer.add_etag()
    answer.cache_control.no_cache = True
    answer.make_conditional(request)
    return answer


@blueprint.get("/api/docs")
@public
def docs() -> str:
    """The same for reading."""
    document = _described().document
    return render_template(
        "api/docs.html",
        chapters=reference.chapters(document),
        models=reference.models(document),
        paragraphs=DESCRIPTION.split("\n\n"),
        version=document["info"]["version"],
        scopes=SCOPES,
        base=document["servers"][0]["url"],
    )


def _described() -> Described:
    registry = catalog.registry()
    kept: Described | None = current_app.extensions.get(_KEPT)
    if kept is None or kept.registry is not registry:
        public_url: str = current_app.config["SETTINGS"].public_url
        document = describe(public_url.rstrip("/"), registry)
        kept = Described(registry, document, orjson.dumps(document, option=orjson.OPT_INDENT_2))
        current_app.extensions[_KEPT] = kept
    return kept
