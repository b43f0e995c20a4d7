"""Fields of a provider as inputs of a form: whoever fills them in, staff or a client. The service checks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import Field as FormField
from wtforms import PasswordField, SelectField, StringField, TextAreaField

from providers.kit.contract import Field, FieldKind, Manifest, SetupStep
from webapp.core.errors import Invalid
from webapp.core.forms import ProductForm, options
from webapp.instances.queries import FieldView

PREFIX = "field-"
"""Before a provider's field names: one of them might be called like a method of a form."""


class Needed:
    """Marks a field as needed, for its label. Whether something is there is the service's business."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        return


class HiddenTextArea(TextAreaField):  # type: ignore[misc]  # WTForms has no types
    """Secrets of many lines: what was typed is never sent back."""

    def _value(self) -> str:
        return ""


def asked_fields(manifest: Manifest) -> tuple[Field, ...]:
    """The fields that are asked for as keys: all but the webhook's secret, which has a step of its own, unless the
    connection needs it for more than events and can't do without."""
    return tuple(one for one in manifest.asked_fields if one.required or not is_webhook_secret(manifest, one))


def is_webhook_secret(manifest: Manifest, one: Field) -> bool:
    return manifest.webhook is not None and (one.webhook_secret or one.name == manifest.webhook.secret_field)


def how_to(manifest: Manifest, one: Field) -> tuple[SetupStep, ...]:
    """The steps of the guide that end in this field."""
    return tuple(step for step in manifest.setup_steps if step.field == one.name)


def provider_form(
    fields: Iterable[Field], views: Mapping[str, FieldView] | None = None, *, scope: str = ""
) -> type[ProductForm]:
    """A form class with one input per field, named with `PREFIX`. Secrets are never filled in. `scope` keeps the ids
    of several such forms on one page apart."""
    made = {f"{PREFIX}{one.name}": _input(one, (views or {}).get(one.name), scope) for one in fields}
    return type("ProviderForm", (ProductForm,), made)


def typed(fields: Iterable[Field], form: Mapping[str, str]) -> dict[str, str]:
    """What was sent, by the provider's own field names."""
    return {one.name: form[PREFIX + one.name] for one in fields if PREFIX + one.name in form}


def show_problems(form: ProductForm, error: Invalid) -> None:
    """Puts each problem beside its input."""
    form.show(Invalid(str(error), fields={PREFIX + key: said for key, said in error.fields.items()}, fix=error.fix))


def _input(one: Field, view: FieldView | None, scope: str) -> FormField:
    needed = [Needed()] if one.required and not one.default else []
    default = view.value if view is not None else one.default
    common: dict[str, Any] = {"validators": needed, "description": one.help, "id": f"{scope}{PREFIX}{one.name}"}
    if one.secret:
        kind = HiddenTextArea if "BEGIN" in one.pattern else PasswordField
        return kind(one.label, **common)
    match one.kind:
        case FieldKind.CHOICE:
            pairs = [(choice.value, choice.label) for choice in one.choices]
            pairs = pairs if one.required else [("", "–"), *pairs]
            return SelectField(one.label, choices=options(pairs), validate_choice=False, default=default, **common)
        case FieldKind.SWITCH:
            pairs = [("true", "Yes"), ("false", "No")]
            return SelectField(
                one.label, choices=options(pairs), validate_choice=False, default=default or "false", **common
            )
        case FieldKind.JSON:
            return TextAreaField(one.label, default=default, **common)
        case _:
            return StringField(one.label, default=default, **common)
