"""Notices to one person: a bell with a count, a page, and a copy by mail."""

from flask import Flask, g

from webapp.extensions import db
from webapp.notices import models as models


def init_app(app: Flask) -> None:
    from webapp.notices import queries
    from webapp.notices.routes import bp

    def unread_notices() -> int:
        """Counted once a page."""
        if "unread_notices" not in g:
            g.unread_notices = queries.unread(db.session(), g.user.id) if g.get("user") else 0
        return int(g.unread_notices)

    app.register_blueprint(bp)
    app.jinja_env.globals["unread_notices"] = unread_notices
