"""contacts are synced both ways

Revision ID: d51b7f0c2e94
Revises: b7d2e4f1a903
"""

import sqlalchemy as sa
from alembic import op


revision = 'd51b7f0c2e94'
down_revision = 'b7d2e4f1a903'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('crm_contacts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('base', sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table('crm_syncs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('direction', sa.String(length=10), server_default='read', nullable=False))
        batch_op.add_column(sa.Column('wins', sa.String(length=10), server_default='crm', nullable=False))
    op.create_table('crm_outbox',
    sa.Column('contact_id', BIG, nullable=False),
    sa.Column('instance_id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('asked', sa.Boolean(), nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease', sa.String(length=40), nullable=True),
    sa.Column('lease_until', MOMENT, nullable=True),
    sa.Column('due_at', MOMENT, nullable=False),
    sa.Column('message', sa.String(length=500), nullable=False),
    sa.Column('fix', sa.String(length=500), nullable=False),
    sa.Column('fix_url', sa.String(length=500), nullable=False),
    sa.Column('edited_at', MOMENT, nullable=False),
    sa.Column('ended_at', MOMENT, nullable=True),
    sa.ForeignKeyConstraint(['contact_id'], ['crm_contacts.id'], name=op.f('fk_crm_outbox_contact_id_crm_contacts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['instance_id'], ['integration_instances.id'], name=op.f('fk_crm_outbox_instance_id_integration_instances'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('contact_id', name=op.f('pk_crm_outbox'))
    )
    with op.batch_alter_table('crm_outbox', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_crm_outbox_instance_id'), ['instance_id'], unique=False)
        batch_op.create_index('ix_crm_outbox_status_due_at', ['status', 'due_at'], unique=False)
    op.create_table('crm_history',
    sa.Column('id', BIG, autoincrement=True, nullable=False),
    sa.Column('contact_id', BIG, nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('at', MOMENT, nullable=False),
    sa.Column('actor', sa.String(length=200), nullable=False),
    sa.Column('changes', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['contact_id'], ['crm_contacts.id'], name=op.f('fk_crm_history_contact_id_crm_contacts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_crm_history'))
    )
    with op.batch_alter_table('crm_history', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_crm_history_at'), ['at'], unique=False)
        batch_op.create_index('ix_crm_history_contact', ['contact_id', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('crm_history')
    op.drop_table('crm_outbox')
    with op.batch_alter_table('crm_syncs', schema=None) as batch_op:
        batch_op.drop_column('wins')
        batch_op.drop_column('direction')
    with op.batch_alter_table('crm_contacts', schema=None) as batch_op:
        batch_op.drop_column('base')
