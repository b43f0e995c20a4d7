"""What people are asked for, on the connect form and for one operation, and the rules their answers keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field as Rule

from providers.kit.declarative.document_parts import Identifier, Line, Name, Part, Text

FieldKind = Literal["text", "secret", "choice", "switch", "region", "url", "email", "number", "json"]


@dataclass(frozen=True, kw_only=True)
class Option(Part):
    """One value to choose from."""

    value: Line
    label: Line = ""
    hint: Text = ""


@dataclass(frozen=True, kw_only=True)
class DependsOn(Part):
    """Asked for only when another field has one of these values."""

    field: Name
    values: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True)
class InputField(Part):
    """One thing people are asked for: of the connect form, or of one operation.

    `pattern` must match the whole value and is explained by `pattern_hint`; `minimum` and `maximum` are of a number,
    `shortest` and `longest` of a text's length. `check` names the operation that asks the service about the value.
    """

    name: Name = ""
    label: Line = ""
    kind: FieldKind = "text"
    required: bool = True
    help: Text = ""
    how_to: Text = ""
    console_url: Line = ""
    console_label: Line = ""
    example: Text = ""
    default: Text = ""
    pattern: Annotated[str, Rule(max_length=300)] = ""
    pattern_hint: Text = ""
    shortest: Annotated[int, Rule(ge=0, le=20_000)] = 0
    longest: Annotated[int, Rule(ge=0, le=20_000)] = 0
    minimum: float | None = None
    maximum: float | None = None
    options: tuple[Option, ...] = ()
    depends_on: DependsOn | None = None
    check: Identifier = ""
