"""A document as what people read and take away: package, guide, OpenAPI, differences, highlighted source."""

from __future__ import annotations

from providers.kit.declarative.generating.difference import Change, difference
from providers.kit.declarative.generating.guide import guide
from providers.kit.declarative.generating.highlighting import highlighted, language_of
from providers.kit.declarative.generating.openapi import openapi
from providers.kit.declarative.generating.packaging import folder_name, package, zip_bytes

__all__ = [
    "Change",
    "difference",
    "folder_name",
    "guide",
    "highlighted",
    "language_of",
    "openapi",
    "package",
    "zip_bytes",
]
