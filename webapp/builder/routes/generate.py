"""Step 4: the document as text, the package made of it, what changed, and downloads."""

from __future__ import annotations

import json

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from providers.kit.declarative import Document, DocumentError, plain, read, readiness, to_yaml
from providers.kit.declarative.generating import (
    difference,
    guide,
    highlighted,
    language_of,
    openapi,
    package,
    zip_bytes,
)
from providers.kit.declarative.plain_text import dump_yaml
from webapp.builder.routes.base import bp, draft_of, finding_views, known, page, save
from webapp.core.errors import Conflict, NotFound
from webapp.core.permissions import requires
from webapp.custom import drafts, versions
from webapp.custom.models import CustomIntegration


@bp.get("/<integration_id>/generate")
@requires("custom.view")
def generate(integration_id: str) -> ResponseReturnValue:
    return _page(integration_id)


@bp.post("/<integration_id>/document")
@requires("custom.edit")
def document(integration_id: str) -> ResponseReturnValue:
    """Saves the document as it was typed. One that can't be read comes back with the reason."""
    text = request.form.get("text", "")
    try:
        made = plain(read(text))
    except DocumentError as error:
        return _page(integration_id, text=text, error=error, status=422)
    back = url_for("builder.generate", integration_id=integration_id)
    return save(integration_id, lambda _: made, "Changed the document", back)


@bp.get("/<integration_id>/download/<kind>")
@requires("custom.view")
def download(integration_id: str, kind: str) -> ResponseReturnValue:
    """zip, openapi, guide, yaml."""
    session, draft = draft_of(integration_id)
    name = draft.provider_id
    made, found = versions.parsed(drafts.document_of(session, draft))
    if made is None:
        raise Conflict(
            f"The document can't be read yet: {found[0].message}", fix="Look at step 5, what is to be fixed."
        )
    try:
        match kind:
            case "zip":
                return _file(zip_bytes(made), f"{name}.zip", "application/zip")
            case "openapi":
                text = json.dumps(openapi(made), indent=2, ensure_ascii=False)
                return _file(text.encode(), f"{name}-openapi.json", "application/json")
            case "guide":
                return _file(guide(made).encode(), f"{name}.md", "text/markdown; charset=utf-8")
            case "yaml":
                return _file(to_yaml(made).encode(), f"{name}.yaml", "application/yaml")
    except DocumentError as error:
        raise Conflict(f"It can’t be made yet: {error}", fix="Look at step 5, what is to be fixed.") from None
    raise NotFound


def _file(content: bytes, name: str, kind: str) -> Response:
    return Response(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _page(
    integration_id: str, *, text: str = "", error: DocumentError | None = None, status: int = 200
) -> ResponseReturnValue:
    session, draft = draft_of(integration_id)
    stored = drafts.document_of(session, draft)
    made, found = versions.parsed(stored)
    findings = versions.findings_of(stored, known(session, draft.provider_id))
    latest = next(iter(versions.versions_of(session, draft.id)), None)
    before, _ = versions.parsed(latest.document) if latest else (None, ())
    return page(
        "builder/generate.html", session, draft, "generate", status=status,
        text=text or dump_yaml(stored), error=error,
        problems=finding_views(stored, draft.id, error.findings if error else found),
        readiness=readiness(findings), files=_files(made, draft), latest=latest,
        changes=difference(before, made) if before and made else (),
    )  # fmt: skip


def _files(made: Document | None, draft: CustomIntegration) -> list[dict[str, object]]:
    """The package's files with their source highlighted; [] while the document has errors."""
    if made is None:
        return []
    try:
        files = package(made)
    except DocumentError:
        return []
    # The highlighter escapes what it is given; only its own spans are markup.
    return [{"path": path, "html": Markup(highlighted(text, language_of(path))),  # noqa: S704 (escaped there)
             "lines": text.count("\n")} for path, text in files.items()]  # fmt: skip
