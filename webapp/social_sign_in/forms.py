"""What somebody new is asked after they were proven elsewhere."""

from __future__ import annotations

from wtforms import EmailField, StringField
from wtforms.validators import DataRequired, Length, Optional

from webapp.core.forms import ProductForm


class JoinForm(ProductForm):
    name = StringField("Your name", [DataRequired("Type your name."), Length(max=120)])
    email = EmailField("E-mail", [DataRequired("Type your e-mail address."), Length(max=254)])
    workspace = StringField(
        "Your agency's name",
        [DataRequired("Type the name of your agency or company."), Length(max=120)],
        description="Becomes your first workspace. You can add one for each client later.",
    )

    def without_workspace(self) -> None:
        """For somebody who is invited to one."""
        del self.workspace

    def with_given_email(self) -> None:
        """For somebody whose invitation says the address."""
        self.email.validators = [Optional()]
