"""Sending: now, later, many in one go, and taking back what has not left yet.

SendGrid names a sent e-mail by X-Message-Id, and what may be taken back by a batch id. Ours for a scheduled e-mail
holds both and the moment, `<X-Message-Id>.<batch id>.<unix seconds>`, so that nothing has to be remembered; its
events carry the last two in a custom argument (see `tracking.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from providers.kit.errors import InvalidConfiguration, InvalidRequest, NotFoundAtVendor, OutcomeUnknown, ProviderError
from providers.kit.vocabulary.email import EmailMessage, SentEmail

from .addresses import ACTIVITY_URL, SENDERS_URL
from .client import Client, identifier, mapping, part, text
from .errors import unreadable
from .message import MAX_RECIPIENTS, to_json, unix_of

MAX_BATCH = 1000


class Sending:
    def __init__(self, client: Client) -> None:
        self.client = client

    def send(self, message: EmailMessage) -> SentEmail:
        return self._submit(self._body(message))

    def send_batch(self, messages: Sequence[EmailMessage]) -> tuple[SentEmail, ...]:
        """E-mails that share everything but recipients and values travel in one call. All are checked before the
        first leaves. Raises OutcomeUnknown when a later call failed after an earlier one was taken."""
        if not 1 <= len(messages) <= MAX_BATCH:
            raise InvalidRequest(f"One batch holds 1 to {MAX_BATCH} e-mails.", field="messages")
        bodies = [(self._body(one), one) for one in messages]
        sent: dict[int, SentEmail] = {}
        for group in _alike(bodies):
            body = {**bodies[group[0]][0]}
            body["personalizations"] = [one for number in group for one in bodies[number][0]["personalizations"]]
            try:
                one = self._submit(body)
            except ProviderError as error:
                if not sent:
                    raise
                raise OutcomeUnknown(
                    f"SendGrid took {len(sent)} of {len(messages)} e-mails, then it said: {error}",
                    fix="Look in SendGrid's activity feed which were sent before you send the rest.",
                    fix_url=ACTIVITY_URL,
                    code=error.code,
                    status=error.status,
                ) from error
            sent.update(dict.fromkeys(group, one))
        return tuple(sent[number] for number in range(len(messages)))

    def cancel(self, message_id: str) -> None:
        """Raises InvalidRequest for an e-mail that was not scheduled or has left, NotFoundAtVendor."""
        head, _, moment = message_id.rpartition(".")
        batch_id = head.rpartition(".")[2]
        if not moment.isdecimal() or not batch_id or len(moment) > 12:
            raise InvalidRequest(
                "This e-mail was sent at once, so it cannot be taken back.",
                field="message_id",
                fix="Only e-mails that were scheduled for later can be taken back.",
            )
        if int(moment) <= self.client.connection.now().timestamp():
            raise InvalidRequest(
                "This e-mail has left already.", field="message_id", fix="Write to the recipient once more."
            )
        self._known_batch(batch_id)
        known = self.client.call(
            "GET",
            f"/v3/user/scheduled_sends/{part(batch_id)}",
            "read scheduled send",
            scope="user.scheduled_sends.read",
        ).json()
        path, scope = "/v3/user/scheduled_sends", "user.scheduled_sends"
        if isinstance(known, list) and known:  # paused, or cancelled before: the vendor refuses to create it twice
            self.client.call(
                "PATCH",
                f"{path}/{part(batch_id)}",
                "cancel e-mail",
                scope=f"{scope}.update",
                json={"status": "cancel"},
            )
            return
        self.client.call(
            "POST", path, "cancel e-mail", scope=f"{scope}.create", json={"batch_id": batch_id, "status": "cancel"}
        )

    def _known_batch(self, batch_id: str) -> None:
        """SendGrid says 400 to a number it never gave."""
        try:
            self.client.call("GET", f"/v3/mail/batch/{part(batch_id)}", "look up batch", scope="mail.batch.read")
        except InvalidRequest as error:
            raise NotFoundAtVendor(
                "SendGrid does not know this scheduled e-mail.",
                fix="Look whether it belongs to another SendGrid account.",
                code=error.code,
                status=error.status,
            ) from error

    @cached_property
    def default_sender(self) -> str:
        """The configured one, or else the first single address that SendGrid lists as verified."""
        configured = self.client.connection.configuration.get("from_address", "")
        if configured:
            return configured
        for one in self.client.verified_senders():
            if text(one, "from_email"):
                name = text(one, "from_name").replace('"', "").strip()
                return f'"{name}" <{text(one, "from_email")}>' if name else text(one, "from_email")
        raise InvalidConfiguration(
            "There is no default sender, and SendGrid lists no verified address to take instead.",
            field="from_address",
            fix="Fill in “Default sender” with an address at an authenticated domain.",
            fix_url=SENDERS_URL,
        )

    def _body(self, message: EmailMessage) -> dict[str, Any]:
        """The call's body; a scheduled e-mail gets a batch id once everything about it is known to be right."""
        now = self.client.connection.now()
        sender = message.sender or self.default_sender
        body = to_json(message, default_sender=sender, now=now)
        if not message.send_at:
            return body
        unix_of(message.send_at, now)
        made = self.client.call("POST", "/v3/mail/batch", "create batch id", scope="mail.batch.create")
        return to_json(message, default_sender=sender, now=now, batch_id=identifier(mapping(made), "batch_id"))

    def _submit(self, body: dict[str, Any]) -> SentEmail:
        answer = self.client.submit(body)
        message_id = str(answer.headers.get("X-Message-Id", "")).strip()
        if not message_id:
            raise unreadable("it took the e-mail without saying its number", status=answer.status)
        if "send_at" in body:
            return SentEmail(id=f"{message_id}.{body['batch_id']}.{body['send_at']}", status="scheduled")
        return SentEmail(id=message_id)


def _alike(bodies: Sequence[tuple[dict[str, Any], EmailMessage]]) -> list[list[int]]:
    """Numbers of bodies that may travel together, in order of their first. Scheduled ones travel alone: each is taken
    back by a batch id of its own."""
    groups: dict[str, list[list[int]]] = {}
    made: list[list[int]] = []
    for number, (body, message) in enumerate(bodies):
        alone = message.send_at is not None
        key = repr({name: value for name, value in body.items() if name != "personalizations"})
        open_groups = groups.setdefault(key, [])
        people = _people(body)
        last = open_groups[-1] if open_groups and not alone else None
        if last is not None and sum(_people(bodies[one][0]) for one in last) + people <= MAX_RECIPIENTS:
            last.append(number)
        else:
            open_groups.append([number])
            made.append(open_groups[-1])
    return made


def _people(body: dict[str, Any]) -> int:
    return sum(len(one.get(name, ())) for one in body["personalizations"] for name in ("to", "cc", "bcc"))
