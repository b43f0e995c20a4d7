"""Is everything well: /healthz, /readyz, /metrics, and the checks behind `toolkit doctor`."""

from flask import Flask

from webapp.health import metrics, routes


def init_app(app: Flask) -> None:
    app.register_blueprint(routes.blueprint)
    metrics.init_app(app)
