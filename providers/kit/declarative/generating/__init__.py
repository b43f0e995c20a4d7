"""A document as what people read and take away: guide, OpenAPI description, differences, highlighted source."""

from __future__ import annotations

from providers.kit.declarative.generating.difference import Change, difference
from providers.kit.declarative.generating.guide import guide
from providers.kit.declarative.generating.highlighting import highlighted, language_of
from providers.kit.declarative.generating.openapi import openapi

__all__ = ["Change", "difference", "guide", "highlighted", "language_of", "openapi"]
