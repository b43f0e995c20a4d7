"""What people type to create a contact."""

from __future__ import annotations

from wtforms import EmailField, HiddenField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Regexp

from webapp.core.forms import ProductForm


class ContactForm(ProductForm):
    key = HiddenField(validators=[Regexp(r"[A-Za-z0-9_-]{20,64}$", message="Open this form again.")])
    connection = SelectField("Create it in", description="The CRM account that gets the contact.")
    email = EmailField(
        "E-mail",
        [
            DataRequired("Type an e-mail address."),
            Length(max=254),
            Regexp(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*$", message="That address has a typing error."),
        ],
    )
    first_name = StringField("First name", [Length(max=100)])
    last_name = StringField(
        "Last name", [Length(max=100)], description="Some services take no contact without a last name."
    )
    phone = StringField("Phone", [Length(max=50)])
    title = StringField("Position", [Length(max=100)])
    company_name = StringField("Company", [Length(max=150)])
