"""What people type about connections, besides the fields of providers (`webapp.instances.forms`)."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import RadioField, StringField, TextAreaField

from providers.kit.contract import Environment, Manifest
from webapp.core.forms import ProductForm, options
from webapp.instances.forms import HiddenTextArea, Needed

ENVIRONMENT_WORDS = {
    Environment.LIVE: "The real account. What happens here is real.",
    Environment.TEST: "The vendor's own test mode: you need an account, and nothing real happens.",
    Environment.SANDBOX: "A play copy: no account needed, nothing leaves this server.",
}
ENVIRONMENT_LABELS = {Environment.LIVE: "Live", Environment.TEST: "Test mode", Environment.SANDBOX: "Sandbox"}
ENVIRONMENT_ICONS = {"live": "bolt", "test": "tool", "sandbox": "flask"}
OVERLAPS = (("0", "At once"), ("24", "After 24 hours"), ("72", "After 3 days"), ("168", "After 7 days"))


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
