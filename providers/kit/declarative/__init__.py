"""Custom integrations: a document of data, and the provider that runs it. Nothing of a document is ever executed."""

from __future__ import annotations

from providers.kit.declarative.document import Document
from providers.kit.declarative.findings import Finding, Severity
from providers.kit.declarative.provider import DeclarativeProvider, provider_class, registered, stand_in_class
from providers.kit.declarative.reading import DocumentError, from_plain, plain, read, schema, to_json, to_yaml
from providers.kit.declarative.running import OperationResult
from providers.kit.declarative.validation import Readiness, Tier, readiness, validate

__all__ = [
    "DeclarativeProvider",
    "Document",
    "DocumentError",
    "Finding",
    "OperationResult",
    "Readiness",
    "Severity",
    "Tier",
    "from_plain",
    "plain",
    "provider_class",
    "read",
    "readiness",
    "registered",
    "schema",
    "stand_in_class",
    "to_json",
    "to_yaml",
    "validate",
]
