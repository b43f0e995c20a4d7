"""Workspaces, members, invitations, API tokens."""

from flask import Flask

from webapp.workspaces import models as models


def init_app(app: Flask) -> None:
    """Nothing to bind yet: records and verbs only."""
