"""What people type about connections. Fields of a provider become fields of a form; the service checks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import Field as FormField
from wtforms import PasswordField, RadioField, SelectField, StringField, TextAreaField

from providers.kit.contract import Environment, Field, FieldKind, Manifest
from webapp.core.errors import Invalid
from webapp.core.forms import ProductForm, options
from webapp.instances.queries import FieldView

PREFIX = "field-"
"""Before a provider's field names: one of them might be called like a method of a form."""

ENVIRONMENT_WORDS = {
    Environment.LIVE: "The real account. What happens here is real.",
    Environment.TEST: "The vendor's own test mode: you need an account, and nothing real happens.",
    Environment.SANDBOX: "A play copy: no account needed, nothing leaves this server.",
}
ENVIRONMENT_LABELS = {Environment.LIVE: "Live", Environment.TEST: "Test mode", Environment.SANDBOX: "Sandbox"}
ENVIRONMENT_ICONS = {"live": "bolt", "test": "tool", "sandbox": "flask"}
OVERLAPS = (("0", "At once"), ("24", "After 24 hours"), ("72", "After 3 days"), ("168", "After 7 days"))


class Needed:
    """Marks a field as needed, for its label. Whether something is there is the service's business."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        return


class HiddenTextArea(TextAreaField):  # type: ignore[misc]  # WTForms has no types
    """Secrets of many lines: what was typed is never sent back."""

    def _value(self) -> str:
        return ""


class NameForm(ProductForm):
    name = StringField("Name", [Needed()], description="How you and your colleagues will recognise it.")
    description = TextAreaField("Note", description="Such as who asked for it, or what it must never be used for.")


class PurposeForm(NameForm):
    template_id = RadioField("What do you want to do?", validate_choice=False, validators=[Needed()])
    environment = RadioField("Where do you want to do it?", validate_choice=False, validators=[Needed()])

    def offer(self, manifest: Manifest, environments: Iterable[str]) -> None:
        """Fills in the choices of this provider."""
        own = [(one.id, one.name) for one in manifest.templates]
        self.template_id.choices = options([*own, ("", "Something else")])
        self.environment.choices = options([(one, ENVIRONMENT_LABELS[Environment(one)]) for one in environments])


class PasteForm(ProductForm):
    text = HiddenTextArea("Your keys", [Needed()], description="A whole .env file, JSON, or a list of keys.")


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
