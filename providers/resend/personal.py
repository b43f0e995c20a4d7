"""Placeholders in an e-mail's own words. Resend fills only its stored templates, so these are filled here.

`{{name}}` and `{{{name}}}` are the same; in the HTML a value is escaped, so that a name cannot become markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parseaddr

from providers.kit.vocabulary.email import EmailMessage

_PLACEHOLDER = re.compile(
    r"\{\{\{\s*([A-Za-z_][A-Za-z0-9_.-]{0,60})\s*\}\}\}|\{\{\s*([A-Za-z_][A-Za-z0-9_.-]{0,60})\s*\}\}"
)


def copies(message: EmailMessage) -> tuple[EmailMessage, ...]:
    """The e-mails that leave: with `personal` one for each of `to` (cc and bcc stand on the first only, so that
    nobody gets one copy for each recipient), else the message itself. All placeholders are filled."""
    if not message.personal:
        return (filled(message),)
    personal = {parseaddr(address)[1].lower(): values for address, values in message.personal.items()}
    return tuple(
        filled(
            replace(
                message,
                to=(address,),
                cc=message.cc if number == 0 else (),
                bcc=message.bcc if number == 0 else (),
                values={**message.values, **personal.get(parseaddr(address)[1].lower(), {})},
                personal={},
            )
        )
        for number, address in enumerate(message.to)
    ) or (replace(message, personal={}),)


def filled(message: EmailMessage) -> EmailMessage:
    """The values put into subject and bodies; a stored template's values stay, Resend puts them in."""
    if message.template_id or not message.values:
        return message
    return replace(
        message,
        subject=fill(message.subject, message.values),
        text=fill(message.text, message.values),
        html=fill(message.html, message.values, escape=True),
        values={},
    )


def fill(words: str, values: Mapping[str, object], *, escape: bool = False) -> str:
    """A value that is not there is empty."""

    def put(found: re.Match[str]) -> str:
        value = values.get(found[1] or found[2])
        plain = "" if value is None else str(value)
        return html.escape(plain) if escape else plain

    return _PLACEHOLDER.sub(put, words)
