"""Dynamic templates: SendGrid keeps versions of each, one of them active.

Source: https://www.twilio.com/docs/sendgrid/api-reference/transactional-templates. Without `generations` the list
holds legacy templates only. SendGrid has no call that renders one: the preview puts the values in by the rules it
publishes (`handlebars.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from providers.kit.errors import InvalidRequest, ProviderError
from providers.kit.vocabulary.email import EmailTemplate, TemplateContent, TemplateVersion
from providers.kit.vocabulary.pages import Page

from .client import Client, Item, identifier, mapping, objects, part, text
from .handlebars import render, variables

PATH = "/v3/templates"
_MAX_PAGE = 200
_MAX_NAME = 100
_MAX_SUBJECT = 255
_MAX_CONTENT = 1_048_576


class Templates:
    def __init__(self, client: Client) -> None:
        self.client = client

    def page(self, *, cursor: str, limit: int) -> Page[EmailTemplate]:
        params: dict[str, Any] = {"generations": "dynamic", "page_size": min(max(limit, 1), _MAX_PAGE)}
        if cursor:
            params["page_token"] = cursor
        found = mapping(self.client.call("GET", PATH, "list templates", scope="templates.read", params=params))
        listed = tuple(_template(one) for one in objects(found.get("result", found.get("templates"))))
        return Page(items=listed, next_cursor=_next(found))

    def one(self, template_id: str) -> EmailTemplate:
        return _template(self._read(template_id))

    def _read(self, template_id: str) -> Item:
        return mapping(
            self.client.call("GET", f"{PATH}/{part(template_id)}", "read template", scope="templates.read")
        )

    def create(self, name: str, content: TemplateContent) -> EmailTemplate:
        """A template with a first, active version. A template whose version is refused is taken away again."""
        body = _version(content, name=content.name or name, active=True)
        made = mapping(
            self.client.call(
                "POST",
                PATH,
                "create template",
                scope="templates.create",
                json={"name": _name(name), "generation": "dynamic"},
            )
        )
        template_id = identifier(made)
        try:
            self._add(template_id, body)
        except ProviderError:
            with suppress(ProviderError):
                self.delete(template_id)
            raise
        return self.one(template_id)

    def add(self, template_id: str, content: TemplateContent, *, activate: bool) -> EmailTemplate:
        name = content.name or f"{self.client.connection.now():%Y-%m-%d %H:%M}"
        self._add(template_id, _version(content, name=name, active=activate))
        return self.one(template_id)

    def _add(self, template_id: str, body: Mapping[str, Any]) -> None:
        path = f"{PATH}/{part(template_id)}/versions"
        self.client.call("POST", path, "create template version", scope="templates.versions.create", json=body)

    def activate(self, template_id: str, version_id: str) -> EmailTemplate:
        path = f"{PATH}/{part(template_id)}/versions/{part(version_id)}/activate"
        self.client.call("POST", path, "activate template version", scope="templates.versions.activate.create")
        return self.one(template_id)

    def preview(self, template_id: str, values: Mapping[str, object]) -> TemplateContent:
        """The active version, or the first where none is. Raises InvalidRequest where the template is broken."""
        versions = objects(self._read(template_id).get("versions"))
        if not versions:
            raise InvalidRequest(
                "This template has no version yet.", field="template_id", fix="Add a version with a subject and HTML."
            )
        chosen = next((one for one in versions if one.get("active") == 1), versions[0])
        return TemplateContent(
            name=text(chosen, "name"),
            subject=render(text(chosen, "subject"), values, escape=False),
            html=render(text(chosen, "html_content"), values),
            text=render(text(chosen, "plain_content"), values, escape=False),
        )

    def delete(self, template_id: str) -> None:
        self.client.call("DELETE", f"{PATH}/{part(template_id)}", "delete template", scope="templates.delete")


def _version(content: TemplateContent, *, name: str, active: bool) -> dict[str, Any]:
    if not content.subject.strip() or len(content.subject) > _MAX_SUBJECT:
        raise InvalidRequest(
            f"A template needs a subject of at most {_MAX_SUBJECT} characters.",
            field="subject",
            fix="Write a subject; {{name}} and the like may stand in it.",
        )
    if len(content.html.encode()) > _MAX_CONTENT or len(content.text.encode()) > _MAX_CONTENT:
        raise InvalidRequest(
            "The template is too large: SendGrid takes one megabyte.", field="html", fix="Shorten it."
        )
    body: dict[str, Any] = {
        "name": _name(name),
        "subject": content.subject,
        "html_content": content.html,
        "active": int(active),
        "editor": "code",
        "generate_plain_content": not content.text,
    }
    return {**body, "plain_content": content.text} if content.text else body


def _name(name: str) -> str:
    if not name.strip():
        raise InvalidRequest("A template needs a name.", field="name", fix="Give it a name.")
    return name.strip()[:_MAX_NAME]


def _template(found: Item) -> EmailTemplate:
    listed = objects(found.get("versions"))
    versions = tuple(
        TemplateVersion(
            id=identifier(one),
            name=text(one, "name"),
            subject=text(one, "subject"),
            html=text(one, "html_content"),
            text=text(one, "plain_content"),
            active=one.get("active") == 1,
            updated_at=_moment(one.get("updated_at")),
        )
        for one in listed
    )
    active = next((one for one in versions if one.active), None)
    return EmailTemplate(
        id=identifier(found),
        name=text(found, "name"),
        versions=versions,
        updated_at=_moment(found.get("updated_at")),
        variables=variables(f"{active.subject} {active.html} {active.text}") if active else (),
        status="active" if active else "draft",
    )


def _next(found: Item) -> str:
    """The page token inside `_metadata.next`, a whole address."""
    metadata = found.get("_metadata")
    address = metadata.get("next") if isinstance(metadata, dict) else None
    if not isinstance(address, str):
        return ""
    try:
        return parse_qs(urlsplit(address).query).get("page_token", [""])[-1]
    except ValueError:
        return ""


def _moment(value: Any) -> datetime | None:
    """ "2020-11-12 12:00:09" in UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
