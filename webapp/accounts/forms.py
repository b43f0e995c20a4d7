"""What people type about themselves."""

from __future__ import annotations

from wtforms import EmailField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Length

from webapp.accounts.passwords import LEAST, MOST
from webapp.core.forms import ProductForm, options

NEW_PASSWORD_HELP = f"At least {LEAST} characters. A few unrelated words work well."


class SignInForm(ProductForm):
    email = EmailField("E-mail", [DataRequired("Type your e-mail address."), Length(max=254)])
    password = PasswordField("Password", [DataRequired("Type your password."), Length(max=MOST)])
    next = HiddenField()


class PersonForm(ProductForm):
    """A new person: at set-up and when an invitation is accepted."""

    name = StringField("Your name", [DataRequired("Type your name."), Length(max=120)])
    email = EmailField("E-mail", [DataRequired("Type your e-mail address."), Length(max=254)])
    password = PasswordField(
        "Password", [DataRequired("Choose a password."), Length(max=MOST)], description=NEW_PASSWORD_HELP
    )


class SetUpForm(PersonForm):
    workspace = StringField(
        "Your agency's name",
        [DataRequired("Type the name of your agency or company."), Length(max=120)],
        description="Becomes your first workspace. You can add one for each client later.",
    )
    token = HiddenField()


class ProfileForm(ProductForm):
    name = StringField("Your name", [DataRequired("Type your name."), Length(max=120)])
    time_zone = SelectField("Time zone", description="Dates and times are shown in this zone.", validate_choice=True)
    theme = SelectField(
        "Colours", choices=options([("auto", "Like this device"), ("light", "Light"), ("dark", "Dark")])
    )


class PasswordForm(ProductForm):
    current = PasswordField("Password today", [DataRequired("Type the password you use now."), Length(max=MOST)])
    password = PasswordField(
        "New password", [DataRequired("Choose a new password."), Length(max=MOST)], description=NEW_PASSWORD_HELP
    )


class ProofForm(ProductForm):
    """One of password, code or passkey. `proof_held` is a sealed form that waits for the proof."""

    proof_password = PasswordField("Password", [Length(max=MOST)])
    proof_code = StringField(
        "Code", [Length(max=100)], description="From your authenticator app, or a recovery code."
    )
    proof_passkey = HiddenField()
    proof_held = HiddenField()
    next = HiddenField()


class SecondStepForm(ProductForm):
    code = StringField(
        "Code",
        [DataRequired("Type the code."), Length(max=100)],
        description="Six digits from your authenticator app, or one of your recovery codes.",
    )


class AppCodeForm(ProductForm):
    code = StringField(
        "Code from the app",
        [DataRequired("Type the six digits that the app shows now."), Length(max=20)],
        description="The six digits that the app shows now.",
    )


class PasskeyForm(ProductForm):
    name = StringField(
        "Name of the passkey",
        [Length(max=60)],
        description="So that you know which one it is, such as: Laptop, Phone, Blue key.",
    )
    passkey = HiddenField()


class ForgotForm(ProductForm):
    email = EmailField("E-mail", [DataRequired("Type your e-mail address."), Length(max=254)])


class NewPasswordForm(ProductForm):
    password = PasswordField(
        "New password", [DataRequired("Choose a new password."), Length(max=MOST)], description=NEW_PASSWORD_HELP
    )


class EmailForm(ProductForm):
    email = EmailField(
        "New e-mail address",
        [DataRequired("Type the new address."), Length(max=254)],
        description="We send a link there. Until you open it, nothing changes.",
    )


class FirstPasswordForm(ProductForm):
    """For somebody who signs in another way and has no password yet."""

    password = PasswordField(
        "Password", [DataRequired("Choose a password."), Length(max=MOST)], description=NEW_PASSWORD_HELP
    )
