"""What staff say about a link."""

from __future__ import annotations

from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField

from webapp.connect_links.service import LONGEST_MESSAGE, USUAL_DAYS
from webapp.core.forms import ProductForm, options
from webapp.instances.forms import Needed

DAYS = (("1", "1 day"), ("3", "3 days"), ("7", "7 days"), ("14", "14 days"), ("30", "30 days"))


class ConnectLinkForm(ProductForm):
    client_name = StringField(
        "Name of the client",
        [Needed()],
        description="A person or a company. They see it, and you find the link by it.",
    )
    provider_ids = SelectMultipleField("Accounts to ask for", [Needed()], validate_choice=False)
    environment = RadioField("Where?", [Needed()], validate_choice=False, default="live")
    message = TextAreaField(
        "What is it for?",
        description=f"In your own words, such as: so that we can show your sales in the monthly report. "
        f"At most {LONGEST_MESSAGE} characters.",
    )
    days = SelectField(
        "How long does it work?", choices=options(DAYS), validate_choice=False, default=str(USUAL_DAYS)
    )
    email = StringField(
        "Their e-mail address", description="We send them the link. Leave it empty to send it yourself."
    )
