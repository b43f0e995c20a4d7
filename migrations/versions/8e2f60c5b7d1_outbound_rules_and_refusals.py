"""rules of hosts for calls out, and what was refused

Revision ID: 8e2f60c5b7d1
Revises: e83a5c0d71b4
"""

import sqlalchemy as sa
from alembic import op


revision = '8e2f60c5b7d1'
down_revision = 'e83a5c0d71b4'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'outbound_rules',
        sa.Column('scope', sa.String(length=40), nullable=False),
        sa.Column('workspace_id', sa.String(length=40), nullable=True),
        sa.Column('mode', sa.String(length=5), nullable=False),
        sa.Column('patterns', sa.JSON(), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'],
                                name=op.f('fk_outbound_rules_workspace_id_workspaces'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('scope', name=op.f('pk_outbound_rules')),
    )
    op.create_index(op.f('ix_outbound_rules_workspace_id'), 'outbound_rules', ['workspace_id'])
    op.create_table(
        'outbound_refusals',
        sa.Column('id', sa.String(length=40), nullable=False),
        sa.Column('workspace_id', sa.String(length=40), nullable=False),
        sa.Column('instance_id', sa.String(length=40), nullable=False),
        sa.Column('provider_id', sa.String(length=60), nullable=False),
        sa.Column('operation', sa.String(length=80), nullable=False),
        sa.Column('method', sa.String(length=10), nullable=False),
        sa.Column('host', sa.String(length=253), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'],
                                name=op.f('fk_outbound_refusals_workspace_id_workspaces'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outbound_refusals')),
        sa.UniqueConstraint('instance_id', 'host', 'operation', 'code', 'day',
                            name=op.f('uq_outbound_refusals_instance_id_host_operation_code_day')),
    )
    op.create_index('ix_outbound_refusals_workspace', 'outbound_refusals', ['workspace_id', 'last_at'])
    op.create_index('ix_outbound_refusals_last', 'outbound_refusals', ['last_at'])


def downgrade() -> None:
    op.drop_table('outbound_refusals')
    op.drop_table('outbound_rules')
