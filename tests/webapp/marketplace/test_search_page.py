"""The marketplace's page: search, filters, what can't be used, what is missing."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from providers.kit.contract import Category
from providers.kit.registry import Registry
from tests.conftest import People
from tests.webapp.fakes import acme
from webapp.accounts.models import User
from webapp.catalog import service
from webapp.catalog.models import CatalogSearch
from webapp.core.clock import now
from webapp.core.permissions import Role
from webapp.extensions import db
from webapp.instances.models import Instance
from webapp.workspaces.models import Workspace

FRAGMENT = {"HX-Request": "true", "HX-Target": "marketplace-results"}


def tiles(text: str) -> list[str]:
    return re.findall(r'id="provider-([\w-]+)"', text)


def words(text: str) -> str:
    """What a reader reads of it."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def checked(text: str) -> list[str]:
    return re.findall(r'name="(\w+)" value="\w*" checked', text)


def chip(text: str, name: str) -> str:
    found = re.search(rf'id="chip-count-{name}"[^>]*>(.*?)</span>\s*(?:</label>|<span|<ul|<h2|<div)', text, re.S)
    assert found, name
    return words(found[1])


def test_the_page_names_itself_once(client: FlaskClient) -> None:
    text = client.get("/marketplace").text
    assert "<title>Marketplace ·" in text
    assert re.findall(r"<h1>(.*?)</h1>", text) == ["Marketplace"]
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert 'aria-current="page"' in text


def test_what_is_connected_comes_first_then_what_is_popular(client: FlaskClient, sandboxed: Instance) -> None:
    text = client.get("/marketplace").text
    assert tiles(text) == ["acme", "mailgull", "bookface"]
    assert "Connected" in words(text)


def test_a_card_says_kind_verdict_time_and_popularity_in_words(client: FlaskClient) -> None:
    text = words(client.get("/marketplace").text)
    for said in ("E-mail delivery", "Verified", "Not verified", "About 5 minutes", "Popular", "Well known"):
        assert said in text


def test_categories_without_a_provider_say_so(client: FlaskClient) -> None:
    text = client.get("/marketplace").text
    assert chip(text, "all") == "3 providers"
    assert chip(text, "email") == "1 provider"
    assert chip(text, "crm") == "none yet"
    assert "No provider of this kind yet" in client.get("/marketplace?category=crm").text


def test_filters_and_order_in_the_address_survive_a_reload(client: FlaskClient, sandboxed: Instance) -> None:
    address = "/marketplace?search=a&category=payment&verified=1&connected=1&sort=name"
    for _ in range(2):
        text = client.get(address).text
        assert tiles(text) == ["acme"]
        assert checked(text) == ["connected", "verified", "category"]
        assert 'value="payment" checked' in text
        assert 'name="search" value="a"' in text
        assert '<option value="name" selected>' in text


@pytest.mark.parametrize("asked", [{"category": "<b>"}, {"sort": "newest"}, {"cursor": "%00"}])
def test_an_address_that_makes_no_sense_is_answered_in_words(client: FlaskClient, asked: dict[str, str]) -> None:
    answer = client.get("/marketplace", query_string=asked)
    assert answer.status_code == 400
    assert "We could not read that request" in answer.text


@pytest.mark.parametrize(
    "order", [("name", ["acme", "bookface", "mailgull"]), ("popularity", ["mailgull", "bookface", "acme"])]
)
def test_the_order_can_be_chosen(client: FlaskClient, order: tuple[str, list[str]]) -> None:
    assert tiles(client.get(f"/marketplace?sort={order[0]}").text) == order[1]


def test_typing_gets_the_results_and_the_counts_alone(client: FlaskClient) -> None:
    answer = client.get("/marketplace?search=mialgull", headers=FRAGMENT)
    assert answer.text.startswith('<div id="marketplace-results"')
    assert "<html" not in answer.text
    assert tiles(answer.text) == ["mailgull"]
    assert 'id="marketplace-count" hx-swap-oob="true">1 provider<' in answer.text
    assert chip(answer.text, "payment") == "0 providers"


def test_a_typing_error_finds_the_real_provider(app: Flask, client: FlaskClient) -> None:
    app.extensions["registry"] = Registry.discover()
    assert tiles(client.get("/marketplace?search=strpie").text)[0] == "stripe"
    assert tiles(client.get("/marketplace?search=reesnd").text)[0] == "resend"


def test_a_provider_turned_off_is_shown_with_its_reason_and_who_can_help(
    client: FlaskClient, session: Session
) -> None:
    service.set_enabled(session, provider_id="acme", enabled=False, reason="The contract <ended>")
    session.commit()
    text = client.get("/marketplace").text
    assert "acme" in tiles(text)
    assert "Not available. The contract <ended>. A site admin can change this." in words(text)
    assert "<ended>" not in text


def test_a_missing_server_setting_is_named(app: Flask, client: FlaskClient, tmp_path: Any) -> None:
    from providers.kit.contract import Environment, OAuthSettings

    signs_in = acme.other(
        "chirp",
        "Chirp",
        category=Category.SOCIAL,
        fields=(),
        environments=(Environment.LIVE,),
        oauth=OAuthSettings(
            authorize_url="https://chirp.example.com/a",
            token_url="https://chirp.example.com/t",
            scopes=("read",),
            client_id_env="CHIRP_CLIENT_ID",
            client_secret_env="CHIRP_CLIENT_SECRET",
        ),
    )
    app.extensions["registry"] = acme.registry_in(tmp_path / "other", signs_in)
    text = words(client.get("/marketplace").text)
    assert "set CHIRP_CLIENT_ID and CHIRP_CLIENT_SECRET. A site admin can change this." in text
    page = client.get("/marketplace/chirp").text
    assert 'id="not-usable"' in page
    assert 'id="connect"' not in page


def test_a_viewer_reads_who_may_connect(
    sign_in: Callable[[User], FlaskClient], people: People, workspace: Workspace
) -> None:
    viewer = sign_in(people.member(workspace, Role.VIEWER))
    said = "Your role here (viewer) may look but not connect. Ask someone who is member or manager or owner."
    assert said in words(viewer.get("/marketplace").text)
    page = viewer.get("/marketplace/acme").text
    assert said in words(page)
    assert "/integrations/new/" not in page


@pytest.mark.parametrize("role", list(Role))
def test_everybody_of_a_workspace_may_look(
    role: Role, sign_in: Callable[[User], FlaskClient], people: People, workspace: Workspace
) -> None:
    browser = sign_in(people.member(workspace, role))
    assert browser.get("/marketplace").status_code == 200
    assert browser.get("/marketplace/acme").status_code == 200


def test_strangers_sign_in_first(app: Flask) -> None:
    for address in ("/marketplace", "/marketplace/acme"):
        assert app.test_client().get(address).headers["Location"].startswith("/login")


# ------------------------------------------------------------------------------------------- nothing found


def wanted(session: Session) -> list[tuple[str, int]]:
    session.expire_all()
    rows = session.scalars(select(CatalogSearch).order_by(CatalogSearch.query))
    return [(row.query, row.count) for row in rows]


def test_looking_writes_nothing_and_a_pause_notes_the_wish_once(client: FlaskClient, session: Session) -> None:
    text = client.get("/marketplace?search=zzqxy").text
    assert "We have nothing for “zzqxy” yet" in html.unescape(text)
    assert 'hx-trigger="load delay:1200ms, submit"' in text
    assert wanted(session) == []
    for _ in range(3):
        answer = client.post("/marketplace/missing", data={"search": " ZZqxy "}, headers={"HX-Request": "true"})
        assert "We noted that you looked for “ZZqxy”." in html.unescape(answer.text)
    assert wanted(session) == [("zzqxy", 1)]


def test_the_same_wish_on_another_day_counts_again(client: FlaskClient, session: Session) -> None:
    client.post("/marketplace/missing", data={"search": "zzqxy"})
    session.scalars(select(CatalogSearch)).one().last_at = now() - timedelta(days=1)
    session.commit()
    client.post("/marketplace/missing", data={"search": "zzqxy"})
    assert wanted(session) == [("zzqxy", 2)]


def test_words_that_only_began_a_wish_are_forgotten(client: FlaskClient, session: Session) -> None:
    for typed in ("zzq", "zzqx", "zzqxy"):
        client.post("/marketplace/missing", data={"search": typed})
    assert wanted(session) == [("zzqxy", 1)]


@pytest.mark.parametrize("typed", ["", "zz", "acme", "a\x00bcd"])
def test_what_is_no_wish_is_not_noted(client: FlaskClient, session: Session, typed: str) -> None:
    assert client.post("/marketplace/missing", data={"search": typed}).status_code == 303
    assert wanted(session) == []


def test_without_scripts_a_button_notes_the_wish(client: FlaskClient) -> None:
    answer = client.post("/marketplace/missing", data={"search": "zzqxy"}, follow_redirects=True)
    assert "We noted that you looked for “zzqxy”." in html.unescape(answer.text)


def test_names_that_come_near_are_offered(client: FlaskClient) -> None:
    text = client.get("/marketplace?search=mailgrmbl").text
    assert re.search(r'Did you mean\s*<a href="/marketplace/mailgull">Mailgull</a>', text)
    assert "Did you mean" not in client.get("/marketplace?search=%26%26%26").text


def test_filters_that_hide_every_hit_can_be_dropped(client: FlaskClient, session: Session) -> None:
    text = client.get("/marketplace?search=mailgull&category=payment").text
    assert "Without the filters there is one provider for “mailgull”." in html.unescape(text)
    assert 'href="/marketplace?search=mailgull"' in text
    assert "search-noted" not in text


def test_who_finds_nothing_is_offered_to_build_it(client: FlaskClient) -> None:
    main = client.get("/marketplace?search=zzqxy").text.partition("<main")[2]
    assert 'href="/builder/new"' in main
    assert 'href="/builder/new"' not in client.get("/marketplace").text.partition("<main")[2]


# ---------------------------------------------------------------------------------------- many, and how fast


def test_many_providers_come_in_pages(app: Flask, client: FlaskClient, tmp_path: Any) -> None:
    names = [acme.other(f"p{number:03}", f"Provider {number:03}") for number in range(40)]
    app.extensions["registry"] = acme.registry_in(tmp_path / "many", *names)
    first = client.get("/marketplace?sort=name&verified=1").text
    more = re.search(r'id="marketplace-more-link" href="([^"]+)"', first)
    assert more
    rest = client.get(html.unescape(more[1]), headers=FRAGMENT | {"HX-Target": "marketplace-more"}).text
    assert "verified=1" in more[1]
    assert sorted(tiles(first) + tiles(rest)) == sorted(["acme", *(one.id for one in names)])
    assert "marketplace-more-link" not in rest


@pytest.mark.parametrize("address", ["/marketplace", "/marketplace?search=zzqxy&category=crm", "/marketplace/acme"])
def test_a_page_asks_the_database_at_most_twelve_times(
    app: Flask, client: FlaskClient, sandboxed: Instance, address: str
) -> None:
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda c, cur, statement, *rest: asked.append(statement))
    assert client.get(address).status_code == 200
    selects = [one for one in asked if not one.startswith(("BEGIN", "UPDATE", "PRAGMA"))]
    assert len(selects) <= 12, "\n".join(selects)
