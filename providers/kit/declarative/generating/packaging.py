"""A document as a provider's folder: typed Python that a developer can read and continue."""

from __future__ import annotations

import io
import json
import zipfile

from providers.kit.declarative.document import Document
from providers.kit.declarative.findings import Severity
from providers.kit.declarative.folder import logo_of
from providers.kit.declarative.generating.guide import guide
from providers.kit.declarative.generating.homes import HOMES
from providers.kit.declarative.generating.modules import checks_body, client_body, manifest_body, provider_body
from providers.kit.declarative.generating.operations import operation_names, operations_body
from providers.kit.declarative.generating.replay import answers_of, sandbox_body, tests_text
from providers.kit.declarative.generating.source import module
from providers.kit.declarative.generating.webhook_module import webhooks_body
from providers.kit.declarative.plain_text import DocumentError
from providers.kit.declarative.validation import validate

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Of the files in the archive: the same document is the same archive."""


def folder_name(document: Document) -> str:
    """The folder that makes the registry give the provider the document's own id."""
    return document.id.replace("-", "_")


def package(document: Document) -> dict[str, str]:
    """Files by their path in the provider's folder. Raises DocumentError for a document with errors."""
    found = tuple(one for one in validate(document) if one.severity is Severity.ERROR)
    if found:
        message = f"The document cannot become a package yet: {found[0].message}"
        raise DocumentError(message, fix=found[0].fix, pointer=found[0].pointer, findings=found)
    name, names = document.name, operation_names(document, HOMES)
    files = {
        "__init__.py": "",
        "provider.py": module(f"{name}: what the hub can do with it.", provider_body(document), HOMES),
        "manifest.py": module(
            f"{name}: what the hub knows of it before anyone connects.", manifest_body(document), HOMES
        ),
        "client.py": module(
            f"{name} over HTTP: its address, our credentials, its refusals.", client_body(document), HOMES
        ),
        "checks.py": module(f"{name}: the lines of its tests.", checks_body(document), HOMES),
        "sandbox.py": module(
            f"{name}'s stand-in: recorded answers behind its own addresses.", sandbox_body(document), HOMES
        ),
        "tests/__init__.py": "",
        f"tests/test_{folder_name(document)}.py": tests_text(document),
        "fixtures/answers.json": json.dumps(answers_of(document), ensure_ascii=False, indent=2) + "\n",
        "guide.md": guide(document),
        "logo.svg": logo_of(document),
        "README.md": _readme(document),
    }
    if document.operations:
        words = f"{name}'s operations: one function for each."
        files["operations.py"] = module(words, operations_body(document, names), HOMES)
    if document.webhook is not None:
        words = f"{name}'s deliveries: who sent them, and what they say."
        files["webhooks.py"] = module(words, webhooks_body(document, document.webhook), HOMES)
    return dict(sorted(files.items()))


def zip_bytes(document: Document) -> bytes:
    """The package as a zip archive with one folder; the same bytes for the same document. Raises DocumentError."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in package(document).items():
            entry = zipfile.ZipInfo(f"{folder_name(document)}/{path}", _MOMENT)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(entry, text.encode())
    return target.getvalue()


def _readme(document: Document) -> str:
    folder = folder_name(document)
    rows = [
        "`manifest.py`: fields, permissions, set-up steps, prices",
        "`client.py`: address, credentials, what refusals mean",
        "`operations.py`: one function for each operation" if document.operations else "",
        "`webhooks.py`: who sent a delivery, and what it says" if document.webhook else "",
        "`checks.py`: the lines of its tests",
        "`sandbox.py` and `fixtures/`: the service's stand-in",
        "`tests/`: the conformance suite, and each recorded answer",
    ]
    listed = "\n".join(f"- {one}" for one in rows if one)
    return (
        f"# {' '.join(document.name.split())}\n\n"
        f"Put this folder into `providers/` as `providers/{folder}`, and start the hub again.\n\n"
        f"{listed}\n\n"
        f"Check it with `toolkit providers check providers/{folder}` and `pytest providers/{folder}`.\n"
    )
