"""The form that people will see when they connect, drawn from the draft's fields as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import Field as FormField
from wtforms import PasswordField, SelectField, StringField, TextAreaField

from webapp.core.forms import ProductForm, options


class Needed:
    """Marks a field as needed, for its label."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        return


def preview_form(fields: Iterable[Mapping[str, Any]], *, scope: str = "preview-") -> ProductForm:
    """A form with one input for each field. Nothing typed into it goes anywhere unless it stands in a form."""
    made = {f"{scope}{index}": _input(one, f"{scope}{index}") for index, one in enumerate(fields)}
    form: ProductForm = type("PreviewForm", (ProductForm,), made)()
    return form


def _input(one: Mapping[str, Any], id: str) -> FormField:
    label = str(one.get("label") or one.get("name") or "Without a label")
    common: dict[str, Any] = {
        "validators": [Needed()] if one.get("required", True) and not one.get("default") else [],
        "description": str(one.get("help", "")),
        "id": id,
    }
    default = str(one.get("default", ""))
    match one.get("kind", "text"):
        case "secret":
            return PasswordField(label, **common)
        case "choice" | "region":
            given = [each for each in one.get("options", ()) if isinstance(each, Mapping)]
            pairs = [(str(each.get("value", "")), str(each.get("label") or each.get("value", ""))) for each in given]
            return SelectField(label, choices=options(pairs), default=default, validate_choice=False, **common)
        case "switch":
            pairs = [("true", "Yes"), ("false", "No")]
            return SelectField(label, choices=options(pairs), default=default or "false", validate_choice=False,
                               **common)  # fmt: skip
        case "json":
            return TextAreaField(label, default=default, **common)
        case _:
            return StringField(label, default=default, **common)
