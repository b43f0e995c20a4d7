"""Links by which clients connect accounts

Revision ID: e83a5c0d71b4
Revises: 99de37cccd43
"""

import sqlalchemy as sa
from alembic import op


revision = 'e83a5c0d71b4'
down_revision = '99de37cccd43'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('connect_links',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('workspace_id', sa.String(length=40), nullable=False),
    sa.Column('created_by', sa.String(length=40), nullable=True),
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('client_name', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('message', sa.String(length=1000), nullable=False),
    sa.Column('environment', sa.String(length=10), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expired_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('visit_digest', sa.String(length=64), nullable=True),
    sa.Column('visit_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_connect_links_created_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_connect_links_workspace_id_workspaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connect_links')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_connect_links_token_digest')),
    sa.UniqueConstraint('visit_digest', name=op.f('uq_connect_links_visit_digest'))
    )
    with op.batch_alter_table('connect_links', schema=None) as batch_op:
        batch_op.create_index('ix_connect_links_open', ['expires_at', 'done_at', 'revoked_at', 'expired_at'], unique=False)
        batch_op.create_index('ix_connect_links_workspace', ['workspace_id', 'created_at'], unique=False)

    op.create_table('connect_link_items',
    sa.Column('link_id', sa.String(length=40), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('provider_id', sa.String(length=60), nullable=False),
    sa.Column('instance_id', sa.String(length=40), nullable=True),
    sa.Column('connected_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['instance_id'], ['integration_instances.id'], name=op.f('fk_connect_link_items_instance_id_integration_instances'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['link_id'], ['connect_links.id'], name=op.f('fk_connect_link_items_link_id_connect_links'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('link_id', 'position', name=op.f('pk_connect_link_items'))
    )
    op.create_table('connect_link_events',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('link_id', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('provider_id', sa.String(length=60), nullable=False),
    sa.Column('network', sa.String(length=60), nullable=False),
    sa.ForeignKeyConstraint(['link_id'], ['connect_links.id'], name=op.f('fk_connect_link_events_link_id_connect_links'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connect_link_events'))
    )
    with op.batch_alter_table('connect_link_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_connect_link_events_link_id'), ['link_id'], unique=False)

    # Other tables are only named: to look into them would ask for more than this change needs.
    with op.batch_alter_table('oauth_sign_ins', schema=None, reflect_kwargs={'resolve_fks': False}) as batch_op:
        batch_op.add_column(sa.Column('visit_digest', sa.String(length=64), server_default='', nullable=False))
        batch_op.alter_column('user_id', existing_type=sa.String(length=40), nullable=True)
        batch_op.alter_column('session_id', existing_type=sa.String(length=40), nullable=True)


def downgrade() -> None:
    # Clients' sign-ins under way belong to nobody signed in: they last ten minutes and can't be kept.
    op.execute("DELETE FROM oauth_sign_ins WHERE user_id IS NULL")
    # Other tables are only named: to look into them would ask for more than this change needs.
    with op.batch_alter_table('oauth_sign_ins', schema=None, reflect_kwargs={'resolve_fks': False}) as batch_op:
        batch_op.alter_column('session_id', existing_type=sa.String(length=40), nullable=False)
        batch_op.alter_column('user_id', existing_type=sa.String(length=40), nullable=False)
        batch_op.drop_column('visit_digest')
    op.drop_table('connect_link_events')
    op.drop_table('connect_link_items')
    op.drop_table('connect_links')
