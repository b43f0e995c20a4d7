"""What describes an account: properties, owners, pipelines with their stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from providers.kit.errors import InvalidRequest
from providers.kit.vocabulary.crm import CrmField, Owner, Pipeline, Stage

_TYPES = {
    "number": "number",
    "date": "date",
    "datetime": "datetime",
    "bool": "boolean",
    "enumeration": "choice",
    "phone_number": "phone",
    "string": "text",
}
_BY_NAME = {"email": "e-mail", "work_email": "e-mail", "website": "url", "phone": "phone", "mobilephone": "phone"}


def field_of(found: Mapping[str, Any]) -> CrmField | None:
    """A property as ours; None for one without a name."""
    name = found.get("name")
    if not isinstance(name, str) or not name:
        return None
    access = found.get("modificationMetadata")
    fixed = isinstance(access, dict) and access.get("readOnlyValue") is True
    label = found.get("label")
    return CrmField(
        name=name,
        label=label if isinstance(label, str) and label else name,
        type=_type(name, found),
        read_only=fixed or found.get("calculated") is True,
        custom=found.get("hubspotDefined") is not True,
        choices=tuple(_choices(found.get("options"))),
    )


def _type(name: str, found: Mapping[str, Any]) -> str:
    if found.get("externalOptions") is True or isinstance(found.get("referencedObjectType"), str):
        return "reference"
    kind = found.get("type")
    known = _TYPES.get(kind, "other") if isinstance(kind, str) else "other"
    if known == "text" and found.get("fieldType") == "phonenumber":
        return "phone"
    return _BY_NAME.get(name, known) if known == "text" else known


def _choices(options: Any) -> Iterable[tuple[str, str]]:
    for one in options if isinstance(options, list) else ():
        value = one.get("value") if isinstance(one, dict) else None
        if isinstance(value, str) and one.get("hidden") is not True:
            label = one.get("label")
            yield value, label if isinstance(label, str) and label else value


def owner_of(found: Mapping[str, Any]) -> Owner | None:
    """None for an owner without an id."""
    owner_id = found.get("id")
    if not isinstance(owner_id, str) or not owner_id:
        return None
    names = (found.get("firstName"), found.get("lastName"))
    email = found.get("email")
    name = " ".join(one for one in names if isinstance(one, str) and one)
    address = email if isinstance(email, str) else ""
    return Owner(
        id=owner_id, name=name or address or owner_id, email=address, active=found.get("archived") is not True
    )


def pipelines_of(found: Iterable[Mapping[str, Any]]) -> tuple[Pipeline, ...]:
    """In HubSpot's display order; archived ones are left out."""
    kept = [one for one in found if isinstance(one.get("id"), str) and one.get("archived") is not True]
    return tuple(
        Pipeline(id=one["id"], name=_label(one), stages=tuple(_stages(one.get("stages"))))
        for one in sorted(kept, key=_order)
    )


def pipeline_with(pipelines: Iterable[Pipeline], stage_id: str, pipeline_id: str = "") -> Pipeline:
    """The pipeline that has this stage. Raises InvalidRequest."""
    for one in pipelines:
        if pipeline_id in ("", one.id) and any(stage.id == stage_id for stage in one.stages):
            return one
    raise InvalidRequest(
        f"There is no stage “{stage_id[:60]}” in {'this pipeline' if pipeline_id else 'any deal pipeline'}.",
        field="stage_id",
        fix="Choose a stage of the deal's pipeline.",
    )


def _stages(found: Any) -> Iterable[Stage]:
    listed = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    for one in sorted(listed, key=_order):
        if not isinstance(one.get("id"), str) or one.get("archived") is True:
            continue
        metadata = one.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        probability = _probability(metadata.get("probability"))
        closed = str(metadata.get("isClosed", "")).lower() == "true"
        yield Stage(
            id=one["id"],
            name=_label(one),
            probability=probability,
            closed=closed,
            won=closed and probability == 1.0,
        )


def _probability(value: Any) -> float | None:
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not text.replace(".", "", 1).isdecimal() or not text.isascii() or len(text) > 10:
        return None
    number = float(text)
    return number if 0 <= number <= 1 else None


def _label(found: Mapping[str, Any]) -> str:
    label = found.get("label")
    return label if isinstance(label, str) and label else str(found.get("id", ""))


def _order(found: Mapping[str, Any]) -> int:
    place = found.get("displayOrder")
    return place if isinstance(place, int) else 0
