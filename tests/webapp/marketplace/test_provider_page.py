"""A provider's page, its logo and its guide."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from providers.kit.registry import Registry
from tests.conftest import People
from tests.webapp.fakes import acme
from tests.webapp.marketplace.test_search_page import tiles, words
from webapp.accounts.models import User
from webapp.catalog import logos, service
from webapp.core.errors import Forbidden
from webapp.instances import service as instances
from webapp.instances.models import Instance
from webapp.marketplace import guides, queries
from webapp.workspaces.models import Workspace

HOSTILE = """# Title
<script>alert(1)</script>
<img src=x onerror=alert(1)>

<div style="position:fixed" onclick="alert(1)">x</div>

[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,<script>) [d](vbscript:x) [e](//evil.example)
<javascript:alert(1)> [f](https://ok.example "\\" onmouseover=alert(1)")

![g](https://evil.example/pixel.png)

`<b onload=x>`

```"><script>alert(1)</script>
</code></pre><script>alert(2)</script>
```

| <i onclick=x> | b |
|:--|--:|
| <svg onload=alert(1)> | 2 |
"""


@pytest.fixture
def copied(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One real provider's folder, copied under a new name into a root of its own, and discovered there."""
    source = next(iter(Registry.discover())).folder
    root = tmp_path / "copied_providers"
    skipped = shutil.ignore_patterns("__pycache__", "tests")
    shutil.copytree(source, root / "brand_new", ignore=skipped)
    monkeypatch.syspath_prepend(str(tmp_path))
    app.extensions["registry"] = Registry.discover(root, "copied_providers")
    yield root / "brand_new"
    for name in [one for one in sys.modules if one.partition(".")[0] == "copied_providers"]:
        del sys.modules[name]


@pytest.fixture
def real(app: Flask) -> Registry:
    app.extensions["registry"] = Registry.discover()
    return app.extensions["registry"]  # type: ignore[no-any-return]  # just put there


def test_the_page_names_the_provider_and_every_section(client: FlaskClient, real: Registry) -> None:
    for entry in real:
        text = client.get(f"/marketplace/{entry.id}").text
        assert f"<title>{entry.manifest.name} ·" in text
        assert re.findall(r"<h1>(.*?)</h1>", text) == [entry.manifest.name]
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        for section in ("abilities", "purposes", "setup", "permissions", "events", "tests", "guide", "glance",
                        "environments", "pricing", "versions", "variables"):  # fmt: skip
            shown = section != "events" or entry.manifest.webhook is not None
            assert (section in ids) == shown, section
        said = words(text)
        for one in entry.manifest.permissions:
            assert one.reason in said
            assert one.scope in said
        for field in entry.manifest.asked_fields:
            assert field.env in said
        assert entry.manifest.api_base_setting in said
        assert 'style="' not in text


def test_a_name_that_is_a_field_s_and_the_app_s_stands_there_once(real: Registry) -> None:
    for entry in real:
        names = [one.name for one in queries.variables(entry.manifest)]
        assert len(names) == len(set(names)), entry.id


def test_connecting_begins_where_it_should(client: FlaskClient) -> None:
    text = client.get("/marketplace/acme").text
    assert 'id="connect" href="/integrations/new/acme"' in text
    assert 'href="/integrations/new/acme?environment=sandbox"' in text
    assert 'href="/integrations/new/acme?template=shop"' in text


def test_your_connections_are_listed_and_nobody_elses(
    client: FlaskClient, sandboxed: Instance, people: People, owner: User, session: Session
) -> None:
    elsewhere = people.workspace(people.user("eve@example.com"), "Elsewhere")
    foreign = instances.start_draft(session, workspace_id=elsewhere.id, provider_id="acme", environment="sandbox")
    session.commit()
    text = client.get("/marketplace/acme").text
    assert f"/integrations/{sandboxed.id}" in text
    assert foreign.id not in text


def test_a_provider_turned_off_says_why_and_cannot_be_started(
    client: FlaskClient, session: Session, workspace: Workspace
) -> None:
    service.set_enabled(session, provider_id="acme", enabled=False, reason="Contract ended")
    session.commit()
    text = client.get("/marketplace/acme").text
    assert "Contract ended. A site admin can change this." in words(text)
    assert "/integrations/new/" not in text
    with pytest.raises(Forbidden, match="Contract ended"):
        instances.start_draft(session, workspace_id=workspace.id, provider_id="acme")


def test_an_unknown_provider_is_not_found(client: FlaskClient) -> None:
    assert client.get("/marketplace/nobody").status_code == 404
    assert client.get("/marketplace/nobody/logo.svg").status_code == 404


def test_a_folder_copied_under_a_new_name_appears_whole(client: FlaskClient, copied: Path) -> None:
    assert tiles(client.get("/marketplace").text) == ["brand-new"]
    assert "BRAND_NEW_API_BASE" in client.get("/marketplace/brand-new").text
    assert client.get("/marketplace/brand-new/logo.svg").status_code == 200


# --------------------------------------------------------------------------------------------------- guide


def test_html_of_a_hostile_guide_is_inert(client: FlaskClient, app: Flask) -> None:
    entry = app.extensions["registry"].entry("acme")
    (entry.folder / "guide.md").write_text(HOSTILE)
    text = client.get("/marketplace/acme").text
    guide = text[text.index('class="prose guide-text"') :]
    guide = guide[: guide.index("</details>")]
    tags = re.findall(r"<(/?[a-z0-9]+)((?:\s[^>]*)?)>", guide, re.I)
    assert {tag.strip("/") for tag, _ in tags} <= {"p", "a", "span", "pre", "code", "div", "table", "thead", "tbody",
                                                  "tr", "th", "td"}  # fmt: skip
    for _tag, attributes in tags:
        outside = re.sub(r'="[^"]*"', "", attributes)
        assert not re.search(r"\b(on\w+|style|src)\b", outside, re.I), attributes
    assert re.findall(r'href="([^"]*)"', guide) == ["https://ok.example", "https://evil.example/pixel.png"]


def test_links_of_a_guide_open_in_a_tab_that_cannot_reach_back() -> None:
    text = guides.render("# Title\n\n[a](https://ok.example)")
    assert 'target="_blank" rel="noopener noreferrer"' in text
    assert "(in a new tab)" in text


def test_headings_of_a_guide_stand_below_those_of_the_page() -> None:
    assert guides.render("# Title\n\n## A\n\n### B\n\n###### C\n\n# D") == (
        "<h3>A</h3>\n<h4>B</h4>\n<h6>C</h6>\n<h3>D</h3>\n"
    )


# ---------------------------------------------------------------------------------------------------- logo


def test_a_logo_stands_on_its_own_ground(app: Flask, client: FlaskClient, real: Registry) -> None:
    for entry in real:
        with app.app_context():
            address = logos.provider_logo_url(entry.id)
        assert address
        assert address in client.get("/marketplace").text
        answer = client.get(address)
        assert answer.mimetype == "image/svg+xml"
        root = ElementTree.fromstring(answer.data)
        ground, mark = list(root)
        assert ground.get("fill") == (entry.manifest.logo_background or "#ffffff")
        assert mark.get("viewBox")
        assert mark.get("width") == "36"


def test_a_logo_is_kept_for_ever_at_its_address_and_asked_for_again_at_others(
    app: Flask, client: FlaskClient, real: Registry
) -> None:
    with app.app_context():
        address = logos.provider_logo_url(real.ids()[0])
    assert address
    kept = app.test_client().get(address)
    assert "immutable" in kept.headers["Cache-Control"]
    other = address.partition("?")[0]
    assert client.get(other).headers["Cache-Control"] == "no-cache"
    assert client.get(other, headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "mark",
    ["", "not an image", "<html/>", "<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'/>"],
)
def test_without_a_usable_logo_there_is_a_monogram(app: Flask, client: FlaskClient, mark: str) -> None:
    (app.extensions["registry"].entry("acme").folder / "logo.svg").write_text(mark)
    assert client.get("/marketplace/acme/logo.svg").status_code == 404
    assert 'class="monogram size-48"' in client.get("/marketplace?search=acme").text


def test_a_ground_that_is_no_colour_is_white() -> None:
    svg = logos._composed(acme.LOGO.encode(), 'red" onload="alert(1)').svg
    assert b'fill="#ffffff"' in svg
    assert b"onload" not in svg
