"""What people type about workspaces, members and tokens."""

from __future__ import annotations

from wtforms import EmailField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import DataRequired, Length, Optional

from webapp.core.forms import ProductForm, options
from webapp.core.permissions import SCOPES


class WorkspaceForm(ProductForm):
    name = StringField("Name", [DataRequired("Give it a name."), Length(max=120)])
    time_zone = SelectField("Time zone", description="Reports and schedules follow this zone.")


class InvitationForm(ProductForm):
    email = EmailField(
        "Their e-mail address",
        [Optional(), Length(max=254)],
        description="Then only they can use the link. Empty: whoever you give the link to can use it, once.",
    )
    role = RadioField("What they may do", [DataRequired("Choose a role.")])


class TokenForm(ProductForm):
    name = StringField(
        "What it is for",
        [DataRequired("Say what the token is for."), Length(max=120)],
        description="Such as: our website",
    )
    scopes = SelectMultipleField(
        "What it may do", [DataRequired("Choose at least one.")], choices=options(SCOPES.items())
    )
    days = SelectField(
        "How long it works",
        choices=options([("30", "30 days"), ("90", "90 days"), ("365", "One year"), ("730", "Two years")]),
        default="365",
    )
