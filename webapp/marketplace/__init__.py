"""The marketplace: finding a provider, and all that can be known of it before connecting."""

from flask import Flask

from webapp.catalog import logos
from webapp.core import navigation
from webapp.core.navigation import NavEntry


def init_app(app: Flask) -> None:
    from webapp.marketplace.routes import bp

    app.register_blueprint(bp)
    logos.init_app(app)
    navigation.add(
        app,
        NavEntry(
            label="Marketplace",
            endpoint="marketplace.index",
            icon="building-store",
            order=10,
            permission="catalog.view",
        ),
    )
