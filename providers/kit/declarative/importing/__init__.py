"""From what people have to a draft: a cURL command, an OpenAPI file, a Postman collection, a HAR, one sample answer,
a documentation page's text.

Each gives a `Draft`: a document to go on with, what was understood, and what was not. Keys that stand in what was
pasted are not kept.
"""

from __future__ import annotations

from providers.kit.declarative.importing.curl import from_curl
from providers.kit.declarative.importing.draft import Draft, NotImportable
from providers.kit.declarative.importing.openapi import from_openapi
from providers.kit.declarative.importing.page import from_page
from providers.kit.declarative.importing.recordings import from_har, from_postman
from providers.kit.declarative.importing.sample import from_sample

__all__ = [
    "Draft",
    "NotImportable",
    "from_curl",
    "from_har",
    "from_openapi",
    "from_page",
    "from_postman",
    "from_sample",
]
