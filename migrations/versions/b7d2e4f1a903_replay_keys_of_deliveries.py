"""replay keys of deliveries

Revision ID: b7d2e4f1a903
Revises: 5c1a7d9e0b42
"""

import sqlalchemy as sa
from alembic import op


revision = 'b7d2e4f1a903'
down_revision = '5c1a7d9e0b42'
branch_labels = None
depends_on = None

_ONCE = sa.text('replay_key IS NOT NULL')


def upgrade() -> None:
    # Without batch mode: SQLite adds a column that may be empty without copying what may be millions of rows.
    op.add_column('webhook_events', sa.Column('replay_key', sa.String(length=200), nullable=True))
    op.create_index('uq_webhook_events_replay', 'webhook_events', ['instance_id', 'replay_key'], unique=True,
                    sqlite_where=_ONCE, postgresql_where=_ONCE)


def downgrade() -> None:
    op.drop_index('uq_webhook_events_replay', table_name='webhook_events')
    op.drop_column('webhook_events', 'replay_key')
