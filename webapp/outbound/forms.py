"""What people type about calls out."""

from __future__ import annotations

from wtforms import RadioField, TextAreaField
from wtforms.validators import DataRequired, Length

from webapp.core.forms import ProductForm, options
from webapp.outbound.service import ANY, NEVER, ONLY


class RuleForm(ProductForm):
    mode = RadioField(
        "Connections may call",
        [DataRequired("Choose one of these.")],
        choices=options(
            [
                (ANY, "Every public service"),
                (ONLY, "Only the hosts listed here"),
                (NEVER, "Every public service but the hosts listed here"),
            ]
        ),
    )
    patterns = TextAreaField(
        "Hosts",
        [Length(max=20_000)],
        description="One a line, such as api.example.com. A star in front stands for every host below a name: "
        "*.example.com means api.example.com too, but not example.com itself.",
    )
