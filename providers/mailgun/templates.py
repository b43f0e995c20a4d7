"""Templates of the connected domain, each with up to 40 versions, one of them active.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/templates. A version holds one content and a
subject among its headers; the plain text of an e-mail is made from the HTML when it is sent (`t:text`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from providers.kit.errors import InvalidRequest, NotFoundAtVendor
from providers.kit.plaintext import text_of_html
from providers.kit.vocabulary.email import EmailTemplate, TemplateContent, TemplateVersion
from providers.kit.vocabulary.pages import Page

from .client import Client, next_query, query_of
from .handlebars import render, variables
from .reading import mapping, moment, objects, text

_MAX_PAGE = 100
_MAX_PAGES = 5
_PAGING = frozenset({"page", "p", "limit"})
_NOT_A_TAG = re.compile(r"[^a-z0-9._-]+")


class Templates:
    """A template's id is its name, which the vendor keeps in small letters."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def page(self, cursor: str, limit: int) -> Page[EmailTemplate]:
        limit = max(1, min(limit, _MAX_PAGE))
        body = self._get("list templates", (), {"limit": str(limit), **query_of(cursor, _PAGING)})
        found = [one for one in objects(body.get("items")) if text(one.get("name"))]
        items = tuple(_template(one, ()) for one in found)
        return Page(items=items, next_cursor=next_query(body) if len(found) >= limit else "")

    def one(self, name: str) -> EmailTemplate:
        """With all its versions; only the active one has its content."""
        body = mapping(self._get("read template", (name,), {"active": "yes"}).get("template"))
        active = mapping(body.get("version"))
        tag, listed = active.get("tag"), self._versions(name)
        versions = tuple(_version({**one, **active} if one.get("tag") == tag else one) for one in listed)
        if not versions and active:
            versions = (_version(active),)
        return _template({"name": name, **body}, versions, variables(text(active.get("template"))))

    def create(self, name: str, content: TemplateContent) -> EmailTemplate:
        """The first version is active at once."""
        if not name.strip():
            raise InvalidRequest("The template has no name.", field="name", fix="Name it.")
        form = {"name": name.strip().lower(), "description": name.strip(), **self._content(content)}
        body = self._client.call(
            "POST", self._client.own("templates"), "create template", permission="templates", form=form
        )
        made = mapping(body.get("template"))
        return self.one(text(made.get("name")) or form["name"])

    def add_version(self, name: str, content: TemplateContent, *, activate: bool) -> EmailTemplate:
        form = {**self._content(content), "active": "yes" if activate else "no"}
        path = self._client.own("templates", name, "versions")
        self._client.call("POST", path, "add template version", permission="templates", form=form)
        return self.one(name)

    def activate(self, name: str, version: str) -> EmailTemplate:
        path = self._client.own("templates", name, "versions", version)
        self._client.call("PUT", path, "activate template version", permission="templates", form={"active": "yes"})
        return self.one(name)

    def delete(self, name: str) -> None:
        """With all its versions."""
        self._client.call("DELETE", self._client.own("templates", name), "delete template", permission="templates")

    def preview(self, name: str, values: Mapping[str, object]) -> TemplateContent:
        """The active version, rendered here: the vendor has no call. Raises Unsupported for special helpers."""
        template = self.one(name)
        active = next((one for one in template.versions if one.active), None)
        if active is None:
            raise NotFoundAtVendor(
                "This template has no active version.", fix="Add a version, or choose one that is to be used."
            )
        html = render(active.html, values)
        return TemplateContent(
            subject=render(active.subject, values), html=html, text=text_of_html(html), name=active.name
        )

    def _versions(self, name: str) -> Iterator[Mapping[str, Any]]:
        query: dict[str, str] = {}
        for _ in range(_MAX_PAGES):
            body = self._get("list template versions", (name, "versions"), {"limit": str(_MAX_PAGE), **query})
            found = objects(mapping(body.get("template")).get("versions"))
            yield from (one for one in found if text(one.get("tag")))
            query = query_of(next_query(body), _PAGING)
            if len(found) < _MAX_PAGE or not query:
                return

    def _get(self, words: str, parts: tuple[str, ...], params: Mapping[str, str]) -> Mapping[str, Any]:
        path = self._client.own("templates", *parts)
        return self._client.call("GET", path, words, permission="templates", params=dict(params))

    def _content(self, content: TemplateContent) -> dict[str, str]:
        if not content.html.strip():
            raise InvalidRequest("The template is empty.", field="html", fix="Write its HTML.")
        stamp = self._client.connection.now().strftime("%Y%m%d-%H%M%S-%f")
        tag = _NOT_A_TAG.sub("-", content.name.lower()).strip("-") or f"v{stamp}"
        form = {"template": content.html, "tag": tag, "comment": content.name}
        if content.subject:
            form["headers"] = json.dumps({"Subject": content.subject}, ensure_ascii=False)
        return form


def _template(
    template: Mapping[str, Any], versions: tuple[TemplateVersion, ...], names: tuple[str, ...] = ()
) -> EmailTemplate:
    name = text(template.get("name"))
    return EmailTemplate(
        id=name,
        name=text(template.get("description")) or name,
        versions=versions,
        updated_at=moment(template.get("createdAt")),
        variables=names,
    )


def _version(version: Mapping[str, Any]) -> TemplateVersion:
    headers = {name.lower(): value for name, value in mapping(version.get("headers")).items()}
    tag = text(version.get("tag"))
    return TemplateVersion(
        id=tag,
        name=text(version.get("comment")) or tag,
        subject=text(headers.get("subject")),
        html=text(version.get("template")),
        active=version.get("active") is True,
        updated_at=moment(version.get("createdAt")),
    )
