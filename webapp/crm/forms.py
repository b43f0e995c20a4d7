"""What people type to create or edit a contact, and to choose how a connection is synced."""

from __future__ import annotations

from wtforms import EmailField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from webapp.core.forms import ProductForm, options

ADDRESS = r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$"
_ADDRESS = Regexp(ADDRESS, message="That address has a typing error.")


class ContactForm(ProductForm):
    key = HiddenField(validators=[Regexp(r"[A-Za-z0-9_-]{20,64}$", message="Open this form again.")])
    connection = SelectField("Create it in", description="The CRM account that gets the contact.")
    email = EmailField("E-mail", [DataRequired("Type an e-mail address."), Length(max=254), _ADDRESS])
    first_name = StringField("First name", [Length(max=100)])
    last_name = StringField(
        "Last name", [Length(max=100)], description="Some services take no contact without a last name."
    )
    phone = StringField("Phone", [Length(max=50)])
    title = StringField("Position", [Length(max=100)])
    company_name = StringField("Company", [Length(max=150)])


class EditForm(ProductForm):
    """`seen_…` are the values the person began from: what differs is an edit. A value that came from the vendor may
    be longer than what is taken from people."""

    email = EmailField("E-mail", [Optional(), Length(max=254), _ADDRESS])
    first_name = StringField("First name", [Length(max=500)])
    last_name = StringField("Last name", [Length(max=500)])
    phone = StringField("Phone", [Length(max=500)])
    title = StringField("Position", [Length(max=500)])
    company = StringField("Company", [Length(max=500)])
    seen_email = HiddenField()
    seen_first_name = HiddenField()
    seen_last_name = HiddenField()
    seen_phone = HiddenField()
    seen_title = HiddenField()
    seen_company = HiddenField()


class WayForm(ProductForm):
    direction = RadioField("Which way do changes go?", [InputRequired("Choose one.")])
    wins = RadioField("If both sides changed the same field, which one is kept?", [InputRequired("Choose one.")])

    def name_sides(self, provider: str) -> None:
        self.direction.choices = options([("read", f"Only from {provider} to here"), ("both", "Both ways")])
        self.wins.choices = options([("crm", provider), ("hub", "This hub")])
