"""who may use a connection

Revision ID: e61f0a9c3d75
Revises: 8e2f60c5b7d1
"""

import sqlalchemy as sa
from alembic import op


revision = 'e61f0a9c3d75'
down_revision = '8e2f60c5b7d1'
branch_labels = None
depends_on = None

tokens = sa.table('api_tokens', sa.column('id', sa.String), sa.column('scopes', sa.JSON))


def upgrade() -> None:
    op.add_column(
        'integration_instances', sa.Column('restricted', sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column('user_sessions', sa.Column('seen_as', sa.String(length=40), server_default='', nullable=False))
    op.add_column('user_sessions', sa.Column('seen_as_until', sa.DateTime(timezone=True), nullable=True))
    op.create_table('instance_grants',
    sa.Column('instance_id', sa.String(length=40), nullable=False),
    sa.Column('subject_kind', sa.String(length=4), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('powers', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['instance_id'], ['integration_instances.id'], name=op.f('fk_instance_grants_instance_id_integration_instances'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('instance_id', 'subject_kind', 'subject', name=op.f('pk_instance_grants'))
    )
    # Tokens that could write through live connections until now still can: the scope for it is new.
    bind = op.get_bind()
    for row in bind.execute(sa.select(tokens.c.id, tokens.c.scopes)).all():
        if 'contacts:write' in row.scopes and 'live:write' not in row.scopes:
            bind.execute(tokens.update().where(tokens.c.id == row.id).values(scopes=[*row.scopes, 'live:write']))


def downgrade() -> None:
    with op.batch_alter_table('user_sessions', schema=None) as batch_op:
        batch_op.drop_column('seen_as_until')
        batch_op.drop_column('seen_as')
    op.drop_table('instance_grants')
    with op.batch_alter_table('integration_instances', schema=None) as batch_op:
        batch_op.drop_column('restricted')
