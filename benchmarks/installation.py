"""An installation to measure: a person, a workspace and one connection that receives signed deliveries."""

from __future__ import annotations

from webapp import create_app
from webapp.accounts.models import User
from webapp.accounts.passwords import hash_password
from webapp.core.migrations import upgrade
from webapp.extensions import db
from webapp.instances.models import Instance, SecretVersion
from webapp.workspaces import service as workspaces


def one_connection(secret: str, provider_id: str = "stripe", field: str = "webhook_secret") -> str:
    """Migrates the database of the environment's settings, makes the connection, returns its delivery address."""
    app = create_app()
    with app.app_context():
        upgrade(app)
        session = db.session()
        owner = User(email="bench@example.com", name="Bench", password_hash=hash_password("a password for nobody"))
        session.add(owner)
        session.flush()
        workspace = workspaces.create_workspace(session, name="Bench", owner=owner)
        instance = Instance(
            workspace_id=workspace.id, provider_id=provider_id, name="Bench", status="active", environment="test"
        )
        session.add(instance)
        session.flush()
        key = workspaces.data_key(session, workspace.id)
        session.add(
            SecretVersion(
                instance_id=instance.id,
                field=field,
                version=1,
                sealed=key.seal(secret, "integration_secrets", instance.id, field, "1"),
                fingerprint=key.fingerprint(secret),
            )
        )
        session.commit()
        address = f"/webhooks/{provider_id}/{instance.webhook_key}"
        db.engine.dispose()
        return address
