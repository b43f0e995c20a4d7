"""What site admins type."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import DataRequired, Length

from webapp.core.forms import ProductForm


class HideForm(ProductForm):
    reason = StringField(
        "Why",
        [
            DataRequired("Say why: people read it in the marketplace."),
            Length(max=300, message="At most 300 characters."),
        ],
        description="People read it in the marketplace.",
    )
