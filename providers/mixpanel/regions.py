"""Where a project's data lives decides about three families of addresses.

Source: https://docs.mixpanel.com/docs/privacy/eu-residency and the `servers` of Mixpanel's published description.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Region:
    """`ingest` takes events and profiles, `export` gives raw events, `app` answers queries and has the pages."""

    name: str
    label: str
    ingest: str
    export: str
    app: str


REGIONS: dict[str, Region] = {
    "us": Region(
        name="us",
        label="United States",
        ingest="https://api.mixpanel.com",
        export="https://data.mixpanel.com",
        app="https://mixpanel.com",
    ),
    "eu": Region(
        name="eu",
        label="European Union",
        ingest="https://api-eu.mixpanel.com",
        export="https://data-eu.mixpanel.com",
        app="https://eu.mixpanel.com",
    ),
    "in": Region(
        name="in",
        label="India",
        ingest="https://api-in.mixpanel.com",
        export="https://data-in.mixpanel.com",
        app="https://in.mixpanel.com",
    ),
}
DEFAULT_REGION = "us"


def region_of(value: str) -> Region:
    """The region of a configured value; the United States for an empty or unknown one, as at Mixpanel."""
    return REGIONS.get(value.strip().lower(), REGIONS[DEFAULT_REGION])
