"""A workspace full of believable sample data: made, filled by a job, looked around in, removed."""

from flask import Flask

from webapp.demo import state


def init_app(app: Flask) -> None:
    from webapp.demo.routes import bp

    app.register_blueprint(bp)
    app.context_processor(lambda: {"sample_data": state.of_request})
