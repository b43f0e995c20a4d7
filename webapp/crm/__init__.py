"""Customers: the contacts of connected CRMs, read page by page, searched, created and exported."""

from flask import Flask

from webapp.core import navigation
from webapp.crm.routes import bp


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    navigation.add(
        app,
        navigation.NavEntry(
            label="Contacts", endpoint="crm.index", icon="address-book", order=35, permission="contacts.view"
        ),
    )
