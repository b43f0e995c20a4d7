"""The page that compares providers says what their code says."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from providers.kit.capabilities import CAPABILITY_WORDS, capabilities_of
from providers.kit.registry import Registry
from webapp.marketplace import matrix


def test_every_capability_and_every_reason_stands_on_the_page(app: Flask, client: FlaskClient) -> None:
    app.extensions["registry"] = registry = Registry.discover()
    page = client.get("/marketplace/capabilities")
    assert page.status_code == 200
    for entry in registry:
        assert entry.manifest.name in page.text
        for capability in capabilities_of(entry.provider):
            assert CAPABILITY_WORDS[capability][1] in page.text


def test_a_mark_stands_exactly_where_the_class_has_the_methods() -> None:
    registry = Registry.discover()
    words = {text: capability for capability, (_, text) in CAPABILITY_WORDS.items()}
    for section in matrix.sections(registry):
        for ability in section.abilities:
            for member, mark in zip(section.members, ability.marks, strict=True):
                assert mark == issubclass(registry.get(member.id), words[ability.words])
        for member in section.members:
            assert member.reasons == tuple(registry.manifest(member.id).unsupported.values())
