"""Our e-mail message as Mailgun's form.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages; personal values:
https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import getaddresses, parseaddr
from typing import Any

from providers.kit.errors import InvalidConfiguration, InvalidRequest, Unsupported
from providers.kit.plaintext import text_of_html
from providers.kit.vocabulary.email import Attachment, EmailMessage

from .reading import rfc2822

MAX_RECIPIENTS = 1000
MAX_BYTES = 25 * 1024 * 1024
MAX_OPTION_BYTES = 16 * 1024
MAX_AHEAD = timedelta(days=7)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,76}")
_ADDRESS = re.compile(r"[^@\s,;]{1,64}@[^@\s,;]{1,255}")
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_-]{1,64})\s*\}\}")

Pairs = list[tuple[str, str]]
Files = list[tuple[str, tuple[str, bytes, str]]]


@dataclass(frozen=True, kw_only=True)
class Form:
    """What POST …/messages takes: `files` only where there are attachments (then it is multipart)."""

    pairs: Pairs
    files: Files


def message_id(domain: str, idempotency_key: str) -> str:
    """The Message-Id (without its angle brackets) that belongs to a key: the same key, the same id."""
    digest = hashlib.sha256(f"{domain}\n{idempotency_key}".encode("utf-8", "surrogatepass")).hexdigest()
    return f"{digest[:40]}@{domain}"


def to_form(
    message: EmailMessage, *, sender: str, domain: str, idempotency_key: str, now: datetime, test_mode: bool = False
) -> Form:
    """Raises InvalidRequest, Unsupported, and InvalidConfiguration where no sender is known.

    `sender` stands in where the message names none.
    """
    _check(message)
    pairs: Pairs = [("from", _sender(message.sender or sender))]
    for name, addresses in (("to", message.to), ("cc", message.cc), ("bcc", message.bcc)):
        pairs += [(name, _address(one, name)) for one in addresses]
    pairs += _content(message)
    pairs += [("o:tag", tag) for tag in message.tags]
    if message.send_at is not None:
        pairs.append(("o:deliverytime", _scheduled(message.send_at, now)))
    if test_mode:
        pairs.append(("o:testmode", "yes"))
    pairs.append(("h:Message-Id", f"<{message_id(domain, idempotency_key)}>"))
    if message.reply_to:
        pairs.append(("h:Reply-To", _address(message.reply_to, "reply_to")))
    pairs += [(f"h:{name}", value) for name, value in map(_header, message.headers.items())]
    form = Form(pairs=pairs, files=[_file(one) for one in message.attachments])
    _check_size(form)
    return form


def _check(message: EmailMessage) -> None:
    if not message.to:
        raise InvalidRequest("The e-mail has no recipient.", field="to", fix="Name at least one recipient.")
    if len(message.to) > MAX_RECIPIENTS:
        raise InvalidRequest(
            f"Mailgun takes {MAX_RECIPIENTS} recipients for one e-mail, these are {len(message.to)}.",
            field="to",
            fix="Send several e-mails, each to fewer people.",
        )
    if message.unsubscribe_group:
        raise Unsupported(
            "Mailgun has no unsubscribe groups.", fix="Leave the group out; use a tag to tell kinds of e-mail apart."
        )
    if message.template_id:
        return  # the template may bring its own subject
    if not message.subject.strip():
        raise InvalidRequest("The e-mail has no subject.", field="subject", fix="Write a subject.")
    if not message.text and not message.html:
        raise InvalidRequest("The e-mail is empty.", field="text", fix="Write a text.")


def _content(message: EmailMessage) -> Pairs:
    """Subject, bodies or template, and everybody's own values.

    Mailgun writes a personal value `%recipient.name%`. Our `{{name}}` becomes that in subject and bodies; a template
    gets it as the value of its own variable of that name.
    """
    names = {str(name) for values in message.personal.values() for name in values}
    names |= {str(name) for name in message.values} if message.personal else set()
    pairs: Pairs = []
    if message.subject.strip():
        pairs.append(("subject", _personal(message.subject, names)))
    if message.template_id:
        values = {**message.values, **{name: f"%recipient.{name}%" for name in sorted(names)}}
        pairs += [("template", message.template_id), ("t:text", "yes")]
        pairs += [("t:variables", _json(values, "values"))] if values else []
    else:
        plain = message.text or text_of_html(message.html)
        pairs.append(("text", _personal(plain, names)))
        pairs += [("html", _personal(message.html, names))] if message.html else []
    if message.personal:
        pairs.append(("recipient-variables", _json(_everybody(message, names), "personal")))
    return pairs


def _everybody(message: EmailMessage, names: set[str]) -> dict[str, dict[str, object]]:
    """Values of each recipient, by plain address; what is missing is empty, so that no placeholder is ever read."""
    given = {parseaddr(address)[1].lower(): values for address, values in message.personal.items()}
    unknown = set(given) - {parseaddr(one)[1].lower() for one in message.to}
    if unknown:
        raise InvalidRequest(
            f"There are values for {min(unknown)[:80]}, who is not a recipient.",
            field="personal",
            fix="Add the address to the recipients, or leave its values out.",
        )
    common = dict.fromkeys(sorted(names), "") | {str(name): value for name, value in message.values.items()}
    found = {}
    for one in message.to:
        address = parseaddr(one)[1]
        found[address] = {**common, **given.get(address.lower(), {})}
    return found


def _personal(content: str, names: set[str]) -> str:
    if not names:
        return content
    return _PLACEHOLDER.sub(lambda found: f"%recipient.{found[1]}%" if found[1] in names else found[0], content)


def _json(value: Mapping[str, Any], field: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(
            "A value cannot be sent: only texts, numbers, yes or no, lists and objects of them can.",
            field=field,
            fix="Write the value as a text.",
        ) from error


def _sender(address: str) -> str:
    if not address:
        raise InvalidConfiguration(
            "There is no sender.", field="from_address", fix="Fill in the default sender, or name one in the e-mail."
        )
    return _address(address, "sender")


def _address(address: str, field: str) -> str:
    found = [one for _, one in getaddresses([address])]  # several behind one comma would be several recipients
    if len(found) != 1 or not _ADDRESS.fullmatch(found[0]) or "\n" in address or "\r" in address:
        raise InvalidRequest(
            f"“{address[:80]}” is not an e-mail address.",
            field=field,
            fix="Write it as ada@example.com or as Ada <ada@example.com>.",
        )
    return address


def _header(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    if not _HEADER_NAME.fullmatch(name) or "\n" in value or "\r" in value:
        raise InvalidRequest(f"“{name[:60]}” is not a header that can be sent.", field="headers", fix="Leave it out.")
    if name.lower() == "message-id":
        raise InvalidRequest(
            "The Message-Id is set by the hub, so that an e-mail can be found again.",
            field="headers",
            fix="Leave it out.",
        )
    return header


def _file(one: Attachment) -> tuple[str, tuple[str, bytes, str]]:
    """A picture within the HTML is found by its file's name: `cid:logo.png`."""
    name = one.content_id.strip("<>") or one.filename
    return "inline" if one.content_id else "attachment", (name, one.content, one.content_type)


def _check_size(form: Form) -> None:
    options = sum(
        len(value.encode("utf-8", "replace")) for name, value in form.pairs if name.startswith(("o:", "h:", "v:"))
    )
    if options > MAX_OPTION_BYTES:
        raise InvalidRequest(
            "Tags and headers together are larger than 16 KB.", field="headers", fix="Leave some of them out."
        )
    size = sum(len(value.encode("utf-8", "replace")) for _, value in form.pairs)
    if size + sum(len(file[1]) for _, file in form.files) > MAX_BYTES:
        raise InvalidRequest(
            "The e-mail is larger than the 25 MB that Mailgun takes.", field="attachments", fix="Send a link instead."
        )


def _scheduled(moment: datetime, now: datetime) -> str:
    if moment.tzinfo is None or not now < moment <= now + MAX_AHEAD:
        raise InvalidRequest(
            "The moment to send at must be in the future, at most 7 days ahead (3 on smaller plans).",
            field="send_at",
            fix="Choose a nearer moment.",
        )
    return rfc2822(moment)
