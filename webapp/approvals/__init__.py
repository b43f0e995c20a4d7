"""Where site admins decide about custom integrations: what it may reach, what it asks for, what changed."""

from flask import Flask


def init_app(app: Flask) -> None:
    from webapp.approvals.routes import bp

    app.register_blueprint(bp)
