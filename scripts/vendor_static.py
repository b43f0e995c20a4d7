"""Fetch the front end's third-party files from npm and write them below ``static/``.

    python scripts/vendor_static.py          rebuild static/vendor and static/icons.svg
    python scripts/vendor_static.py --check  rebuild elsewhere and say what differs (exit code 1)

Nothing here runs when the product runs: the results are committed, ``static/vendor/manifest.json``
names each file's package, version, licence and SHA-384, and tests/test_static.py compares them.
Needs node, npm and a reachable registry. To take a newer version, change it in ``PACKAGES`` and run again.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ICON_LIST = ROOT / "scripts" / "icons.txt"
PURGE_SCRIPT = ROOT / "scripts" / "purge_tabler.cjs"


@dataclass(frozen=True)
class Package:
    """One npm package: what we take from it, and under which name below ``static/vendor``."""

    name: str
    version: str
    licence: str
    files: dict[str, str] = field(default_factory=dict)


PACKAGES = (
    Package("@tabler/core", "1.6.1", "MIT", {"dist/css/tabler.min.css": "tabler/tabler.min.css"}),
    Package("htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx/htmx.min.js"}),
    Package(
        "htmx-ext-response-targets",
        "2.0.4",
        "0BSD",
        {"dist/response-targets.min.js": "htmx/response-targets.min.js"},
    ),
    Package("htmx-ext-preload", "2.1.2", "0BSD", {"dist/preload.min.js": "htmx/preload.min.js"}),
    Package("idiomorph", "0.7.4", "0BSD", {"dist/idiomorph-ext.min.js": "htmx/idiomorph-ext.min.js"}),
    Package("sortablejs", "1.15.7", "MIT", {"Sortable.min.js": "sortable/sortable.min.js"}),
    Package(
        "uplot",
        "1.6.32",
        "MIT",
        {"dist/uPlot.iife.min.js": "uplot/uplot.min.js", "dist/uPlot.min.css": "uplot/uplot.min.css"},
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        {"files/inter-latin-wght-normal.woff2": "inter/inter-latin-variable.woff2"},
    ),
    Package("@tabler/icons", "3.51.0", "MIT"),
)
PURGECSS = "purgecss@8.0.0"

# Which families of Tabler's classes stay. Families, not what today's templates use: a new page never needs
# a new build; docs/design-system.md names them for authors.
KEPT_CLASSES = (
    r"^(container|row|col|offset|order|g|gx|gy)(-|$)",
    r"^(m|mt|mb|ms|me|mx|my|p|pt|pb|ps|pe|px|py|gap|row-gap|column-gap)-",
    r"^(d|flex|align|justify|order|position|float|overflow|w|h|mw|min|vw|vh)-",
    r"^(text|fw|fs|fst|lh|font|tracking|border|rounded|opacity|shadow|visible|invisible|z|top|bottom|start|end)(-|$)",
    r"^bg-(transparent|body|white|primary|secondary|success|info|warning|danger|surface|green|red|yellow|azure)",
    r"^(space-[xy]|divide-[xy]|hr|vr|vstack|hstack|sticky|stretched-link|visually-hidden|cursor|object)(-|$)",
    r"^(form|input|was|valid|invalid|is)(-|$)",
    r"^btn(-(primary|secondary|success|danger|warning|outline|ghost|link|sm|lg|icon|list|close|check|group"
    r"|pill|loading|action|square|loose))*$",
    r"^(card|table|list|badge|badges|avatar|nav|tab|breadcrumb|pagination|page|progress|placeholder)(-|$)",
    r"^(datagrid|empty|spinner|subheader|disabled|active|show|fade|collapse|collapsing|small|h[1-6]|lead)(-|$)",
    r"^(markdown|img|figure|display|kbd|code|highlight|timeline|link|focus-ring|scroll|hover|shadow)(-|$)",
)
DROPPED_CLASSES = (
    r"-(facebook|twitter|x|linkedin|google|youtube|vimeo|dribbble|github|instagram|pinterest|vk|rss|flickr"
    r"|bitbucket|tabler|apple)$",
    r"-(pink|purple|indigo|lime|teal|cyan|orange|muted|gray)(-|$)",
    r"^(text|border|bg)-.*-(fg|[0-9]{2,3})$",
    r"^(m|p)[tbsexy]?-(xl|xxl)-",
    r"^(gap|row-gap|column-gap|offset|order|float|object|g[xy]?|rounded|divide|space)-.*(xl|xxl)(-|$)",
    r"^(float|object|order)-(sm|md|lg)-",
)


def main() -> int:
    """Rebuild (or compare) the vendored files; the exit code is 0 when all is well."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="compare with what is committed, change nothing")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="vendor-static-") as folder:
        work = Path(folder)
        built = work / "static"
        build(work, built)
        if options.check:
            return report_differences(built)
        shutil.rmtree(ROOT / "static" / "vendor", ignore_errors=True)
        shutil.copytree(built, ROOT / "static", dirs_exist_ok=True)
    return 0


def build(work: Path, target: Path) -> None:
    """Write ``vendor/`` with its manifest and ``icons.svg`` below ``target``; ``work`` is scratch space."""
    modules = install(work)
    entries = []
    for package in PACKAGES:
        for source, name in package.files.items():
            destination = target / "vendor" / name
            destination.parent.mkdir(parents=True, exist_ok=True)
            if package.name == "@tabler/core":
                purge(work, modules / package.name / source, destination)
            else:
                copy_without_source_map(modules / package.name / source, destination)
            entries.append(manifest_entry(package, source, name, destination))
    write_licences(modules, target / "vendor")
    (target / "icons.svg").write_text(sprite(modules / "@tabler/icons"), encoding="utf-8")
    icons = next(package for package in PACKAGES if package.name == "@tabler/icons")
    entries.append(manifest_entry(icons, "icons/outline/*.svg", "../icons.svg", target / "icons.svg"))
    manifest = {"files": entries}
    (target / "vendor" / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def install(work: Path) -> Path:
    """Install the pinned packages (npm checks what it downloads); the answer is their ``node_modules``."""
    npm = ["npm", "install", "--prefix", str(work), "--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    names = [f"{package.name}@{package.version}" for package in PACKAGES]
    subprocess.run([*npm, *names, PURGECSS], check=True)  # noqa: S603 - fixed program, pinned names
    return work / "node_modules"


def copy_without_source_map(source: Path, destination: Path) -> None:
    """Copy a file; a script or sheet loses its pointer to a source map that we do not ship."""
    if destination.suffix not in {".js", ".css"}:
        shutil.copyfile(source, destination)
        return
    text = re.sub(r"(//|/\*)# sourceMappingURL=[^\n*]*(\*/)?", "", source.read_text(encoding="utf-8"))
    destination.write_text(text.rstrip() + "\n", encoding="utf-8")


def purge(work: Path, source: Path, destination: Path) -> None:
    """Drop the families of Tabler's classes that the product does not use."""
    script = shutil.copy(PURGE_SCRIPT, work)  # beside node_modules, so that it finds its package
    lists = [json.dumps(KEPT_CLASSES), json.dumps(DROPPED_CLASSES)]
    subprocess.run(["node", str(script), str(source), str(destination), *lists], check=True)  # noqa: S603, S607


def sprite(icons: Path) -> str:
    """Return one SVG with a ``<symbol>`` per icon named in scripts/icons.txt."""
    symbols = []
    for name in sorted(set(ICON_LIST.read_text(encoding="utf-8").split())):
        svg = (icons / "icons" / "outline" / f"{name}.svg").read_text(encoding="utf-8")
        body = svg.split(">", 1)[1].rsplit("</svg>", 1)[0]
        body = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", body)
        body = re.sub(r"\s*\n\s*", "", body).replace(" />", "/>")
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def write_licences(modules: Path, vendor: Path) -> None:
    """Copy each package's licence text to ``vendor/licences``; all of them ask for that."""
    (vendor / "licences").mkdir(parents=True)
    for package in PACKAGES:
        found = sorted((modules / package.name).glob("[Ll][Ii][Cc][Ee][Nn][CcSs]*"))
        text = found[0].read_text(encoding="utf-8") if found else licence_from_banner(modules, package)
        name = package.name.lstrip("@").replace("/", "-")
        (vendor / "licences" / f"{name}.txt").write_text(text, encoding="utf-8")


def licence_from_banner(modules: Path, package: Package) -> str:
    """Return the licence of @tabler/core, whose archive has only the notice at the top of its files."""
    source = next(iter(package.files))
    banner = (modules / package.name / source).read_text(encoding="utf-8").split("*/", 1)[0]
    terms = (modules / "@tabler/icons" / "LICENSE").read_text(encoding="utf-8")  # same authors, same terms
    return banner.split("/*!", 1)[-1].strip() + "\n\n" + terms


def manifest_entry(package: Package, source: str, name: str, file: Path) -> dict[str, str]:
    """Describe one committed file as ``manifest.json`` does."""
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "source": source,
        "file": name,
        "integrity": integrity(file.read_bytes()),
    }


def integrity(content: bytes) -> str:
    """Return the subresource-integrity form of a SHA-384."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode("ascii")


def report_differences(built: Path) -> int:
    """Print each file that a rebuild would change; 1 when there are any."""
    changed = []
    for path in sorted(p for p in built.rglob("*") if p.is_file()):
        committed = ROOT / "static" / path.relative_to(built)
        if not committed.exists() or committed.read_bytes() != path.read_bytes():
            changed.append(str(path.relative_to(built)))
    sys.stdout.write("".join(f"differs: static/{name}\n" for name in changed))
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
