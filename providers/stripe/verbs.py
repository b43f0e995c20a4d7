"""What the verbs of every subject stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .client import StripeApi

if TYPE_CHECKING:
    from providers.kit.contract import Connection


class Verbs:
    """Part of the provider: it has its connection and its calls."""

    _api: StripeApi
    connection: Connection
