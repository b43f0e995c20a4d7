"""Templates. Each has one version that people edit; publishing it makes it the one that is sent.

Sources: https://resend.com/docs/dashboard/templates/version-history (draft and published),
https://resend.com/docs/dashboard/templates/template-variables (`{{{NAME}}}`, fallbacks, at most 50, reserved names).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.plaintext import text_of_html
from providers.kit.vocabulary.email import EmailTemplate, TemplateContent, TemplateVersion
from providers.kit.vocabulary.pages import Page

from .client import Client, name_of, part
from .shapes import Found, moment, needed, objects, text

MAX_VARIABLES = 50
RESERVED = frozenset({"FIRST_NAME", "LAST_NAME", "EMAIL", "UNSUBSCRIBE_URL", "contact", "this"})

VARIABLE = re.compile(r"\{\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,49})\s*\}\}\}")
_TWO_BRACES = re.compile(r"(?<!\{)\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,49})\s*\}\}(?!\})")


class Templates:
    def __init__(self, client: Client) -> None:
        self.client = client

    def page(self, *, cursor: str, limit: int) -> Page[EmailTemplate]:
        """Newest first, without contents."""
        return self.client.page("/templates", "list templates", _listed, cursor=cursor, limit=limit)

    def one(self, template_id: str) -> EmailTemplate:
        return _template(self._read(template_id))

    def create(self, name: str, content: TemplateContent) -> EmailTemplate:
        """Creates and publishes it. One that Resend does not publish is left as a draft, and its status says so."""
        if not name.strip():
            raise InvalidRequest("A template needs a name.", field="name", fix="Give it a name.")
        body = {"name": name.strip(), **_body(content)}
        made = self.client.call("POST", "/templates", "create template", json=body)
        template_id = needed(made, "id")
        try:
            self._publish(template_id)
        except InvalidRequest:
            return self.one(template_id)
        return self.one(template_id)

    def add(self, template_id: str, content: TemplateContent, *, activate: bool) -> EmailTemplate:
        """Writes the content into the draft; what is published stays as it was until the draft is published."""
        self.client.call("PATCH", f"/templates/{part(template_id)}", "change template", json=_body(content))
        if activate:
            self._publish(template_id)
        return self.one(template_id)

    def activate(self, template_id: str, version_id: str) -> EmailTemplate:
        found = self._read(template_id)
        if version_id not in (_version_id(found), template_id):
            raise InvalidRequest(
                "Resend publishes a template's newest version only.",
                field="version_id",
                fix="Write the earlier content into the template again, or restore it in Resend.",
            )
        self._publish(template_id)
        return self.one(template_id)

    def preview(self, template_id: str, values: Mapping[str, object]) -> TemplateContent:
        """The newest version with the values or the variables' fallbacks put in, as they are.

        Raises InvalidRequest for a variable that has neither: Resend would refuse the e-mail.
        """
        found = self._read(template_id)
        known = {text(one, "key"): one.get("fallback_value") for one in objects(found.get("variables"))}

        def put(match: re.Match[str]) -> str:
            name = match[1]
            value = values.get(name) if values.get(name) is not None else known.get(name)
            if value is None and name in RESERVED:
                return match[0]
            if value is None:
                raise InvalidRequest(
                    f"The template needs a value for “{name}”.", field="values", fix="Give one, or set a fallback."
                )
            return str(value)

        html, plain = text(found, "html"), text(found, "text")
        return TemplateContent(
            subject=VARIABLE.sub(put, text(found, "subject")),
            html=VARIABLE.sub(put, html),
            text=VARIABLE.sub(put, plain or text_of_html(html)),
            name=text(found, "name"),
        )

    def delete(self, template_id: str) -> None:
        self.client.call("DELETE", f"/templates/{part(template_id)}", "delete template")

    def _read(self, template_id: str) -> Found:
        return self.client.call("GET", f"/templates/{part(template_id)}", "read template")

    def _publish(self, template_id: str) -> None:
        self.client.call("POST", f"/templates/{part(template_id)}/publish", "publish template")


def variables(words: str) -> tuple[str, ...]:
    """The names of what is to be filled in, in order; Resend's own are left out."""
    return tuple(name for name in dict.fromkeys(VARIABLE.findall(words)) if name not in RESERVED)


def _body(content: TemplateContent) -> dict[str, Any]:
    if not content.html.strip():
        raise InvalidRequest("A template needs an HTML text.", field="html", fix="Write the HTML text.")
    words = f"{content.subject} {content.html} {content.text}"
    two = _TWO_BRACES.search(words)
    if two:
        raise InvalidRequest(
            f"Resend would send “{two[0]}” as it stands: its placeholders have three braces.",
            field="html",
            fix=f"Write it as {{{{{{{two[1]}}}}}}}.",
        )
    names = variables(words)
    if len(names) > MAX_VARIABLES:
        raise InvalidRequest(
            f"A template of Resend's has at most {MAX_VARIABLES} variables, these are {len(names)}.",
            field="html",
            fix="Use fewer placeholders.",
        )
    return {
        "subject": content.subject,
        "html": content.html,
        "text": content.text or text_of_html(content.html),
        "variables": [{"key": name, "type": "string"} for name in names],
    }


def _listed(found: Found) -> EmailTemplate | None:
    if not text(found, "id"):
        return None
    return EmailTemplate(
        id=text(found, "id"),
        name=name_of(found),
        updated_at=moment(found.get("updated_at")),
        status=text(found, "status"),
    )


def _template(found: Found) -> EmailTemplate:
    updated, status = moment(found.get("updated_at")), text(found, "status")
    version = TemplateVersion(
        id=_version_id(found),
        name=text(found, "name"),
        subject=text(found, "subject"),
        html=text(found, "html"),
        text=text(found, "text"),
        active=status == "published" and found.get("has_unpublished_versions") is not True,
        updated_at=updated,
    )
    declared = tuple(text(one, "key") for one in objects(found.get("variables")) if text(one, "key"))
    return EmailTemplate(
        id=needed(found, "id"),
        name=name_of(found),
        versions=(version,),
        updated_at=updated,
        variables=declared or variables(f"{version.subject} {version.html} {version.text}"),
        status=status,
    )


def _version_id(found: Found) -> str:
    return text(found, "current_version_id") or text(found, "id")
