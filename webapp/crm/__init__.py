"""Customers: the contacts of connected CRMs, read page by page, searched, created, edited, sent back and exported."""

from flask import Flask

from webapp.core import navigation
from webapp.crm import editing_routes
from webapp.crm.routes import bp


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_blueprint(editing_routes.bp)
    navigation.add(
        app,
        navigation.NavEntry(
            label="Contacts", endpoint="crm.index", icon="address-book", order=35, permission="contacts.view"
        ),
    )
