"""Workspaces, members, invitations, API tokens."""

from flask import Flask

from webapp.core import navigation, settings_tabs
from webapp.core.navigation import NavEntry
from webapp.core.settings_tabs import SettingsTab
from webapp.workspaces import models as models


def init_app(app: Flask) -> None:
    from webapp.workspaces.routes import bp

    app.register_blueprint(bp)
    settings_tabs.add(
        app, SettingsTab(label="General", endpoint="workspaces.edit", permission="workspace.edit", order=10)
    )
    settings_tabs.add(
        app, SettingsTab(label="People", endpoint="workspaces.members", permission="members.view", order=20)
    )
    settings_tabs.add(
        app, SettingsTab(label="API tokens", endpoint="workspaces.tokens", permission="tokens.manage", order=30)
    )
    settings_tabs.add(
        app,
        SettingsTab(label="Who may do what", endpoint="workspaces.permissions", permission="members.view", order=25),
    )
    navigation.add(
        app,
        NavEntry(
            label="Settings",
            endpoint="workspaces.settings",
            icon="settings",
            order=90,
            permission="members.view",
            group="Workspace",
        ),
    )
