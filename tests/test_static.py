"""The front end's files are what the manifest says, load nothing from elsewhere, and fit the budget."""

from __future__ import annotations

import json
import re
from pathlib import Path

import brotli
import pytest

from scripts.vendor_static import integrity

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))["files"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OWN_FILES = sorted([*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js")])
STYLESHEETS = sorted(STATIC.rglob("*.css"))
FIRST_VISIT_BUDGET = 140_000  # bytes; the page's own HTML has the rest of the 150 KB


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_what_the_manifest_says(entry: dict[str, str]) -> None:
    assert integrity((VENDOR / entry["file"]).read_bytes()) == entry["integrity"]
    assert entry["licence"]


def test_no_vendored_file_is_missing_from_the_manifest() -> None:
    listed = {(VENDOR / entry["file"]).resolve() for entry in MANIFEST}
    found = {path.resolve() for path in VENDOR.rglob("*") if path.suffix in {".js", ".css", ".woff2", ".svg"}}
    assert found - listed == set()


def test_each_vendored_package_has_its_licence_text() -> None:
    for entry in MANIFEST:
        name = entry["name"].lstrip("@").replace("/", "-")
        assert (VENDOR / "licences" / f"{name}.txt").stat().st_size > 300


@pytest.mark.parametrize("path", STYLESHEETS, ids=lambda path: path.name)
def test_no_style_sheet_loads_from_another_origin(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    addresses = re.findall(r"url\(\s*['\"]?([^'\")]+)", text) + re.findall(r"@import\s+['\"]([^'\"]+)", text)
    assert [a for a in addresses if re.match(r"(https?:)?//", a)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_loads_from_another_origin_or_breaks_the_content_policy(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"'](?:https?:)?//[^\"']*", text) == []
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text) == [], "an inline script"
    assert re.findall(r"<style\b|\sstyle=[\"']|\son[a-z]+=[\"']|\shx-on", text) == [], "an inline style or handler"
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_icon_that_a_template_names_is_in_the_sprite(path: Path) -> None:
    sprite = (STATIC / "icons.svg").read_text(encoding="utf-8")
    named = re.findall(r"\bicon\(\s*[\"']([a-z0-9-]+)[\"']", path.read_text(encoding="utf-8"))
    assert [name for name in named if f'<symbol id="{name}"' not in sprite] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_static_file_that_a_template_names_is_there(path: Path) -> None:
    named = re.findall(r"url_for\('static', filename='([^']+)'\)", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (STATIC / name).is_file()] == []


def test_every_page_loads_only_scripts_and_sheets_that_are_there() -> None:
    base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
    lists = re.findall(r"for (sheet|script) in \(([^)]+)\)", base)
    names = [(kind, name) for kind, items in lists for name in re.findall(r"'([^']+)'", items)]
    for kind, name in names:
        scripts = [f"js/{name}.js", f"vendor/htmx/{name}.min.js"]
        places = {"sheet": [f"css/{name}.css"], "script": scripts}
        assert any((STATIC / place).is_file() for place in places[kind]), name


def test_a_first_visit_stays_inside_the_page_budget() -> None:
    # What base.html loads, each as brotli at the quality of a server that compresses while answering.
    base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
    lists = re.findall(r"for (?:sheet|script) in \(([^)]+)\)", base)
    loaded = {"theme", *(name for items in lists for name in re.findall(r"'([^']+)'", items))}
    files = [
        VENDOR / "tabler/tabler.min.css",
        *(VENDOR / "htmx").glob("*.js"),
        VENDOR / "inter/inter-latin-variable.woff2",
        STATIC / "icons.svg",
        STATIC / "brand/mark.svg",
        *(path for path in OWN_FILES if path.stem in loaded),
    ]
    total = sum(len(brotli.compress(path.read_bytes(), quality=5)) for path in files)
    assert total <= FIRST_VISIT_BUDGET


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: path.name)
def test_our_scripts_and_sheets_stay_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
