"""Signing in at vendors

Revision ID: aa9f03d8cb93
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op


revision = 'aa9f03d8cb93'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('oauth_grants',
    sa.Column('instance_id', sa.String(length=40), nullable=False),
    sa.Column('granted_by', sa.String(length=40), nullable=True),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('asked', sa.JSON(), nullable=False),
    sa.Column('granted', sa.JSON(), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('refreshed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_refresh_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('exhausted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(length=500), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoke_attempts', sa.Integer(), nullable=False),
    sa.Column('revoke_next_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['granted_by'], ['users.id'], name=op.f('fk_oauth_grants_granted_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['instance_id'], ['integration_instances.id'], name=op.f('fk_oauth_grants_instance_id_integration_instances'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('instance_id', name=op.f('pk_oauth_grants'))
    )
    with op.batch_alter_table('oauth_grants', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_oauth_grants_next_refresh_at'), ['next_refresh_at'], unique=False)

    op.create_table('oauth_sign_ins',
    sa.Column('state_digest', sa.String(length=64), nullable=False),
    sa.Column('instance_id', sa.String(length=40), nullable=False),
    sa.Column('workspace_id', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.String(length=40), nullable=False),
    sa.Column('session_id', sa.String(length=40), nullable=False),
    sa.Column('provider_id', sa.String(length=60), nullable=False),
    sa.Column('purpose', sa.String(length=10), nullable=False),
    sa.Column('return_to', sa.String(length=20), nullable=False),
    sa.Column('app_digest', sa.String(length=64), nullable=False),
    sa.Column('sealed_verifier', sa.Text(), nullable=False),
    sa.Column('asked', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['instance_id'], ['integration_instances.id'], name=op.f('fk_oauth_sign_ins_instance_id_integration_instances'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['user_sessions.id'], name=op.f('fk_oauth_sign_ins_session_id_user_sessions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_oauth_sign_ins_user_id_users'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_oauth_sign_ins_workspace_id_workspaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('state_digest', name=op.f('pk_oauth_sign_ins'))
    )
    with op.batch_alter_table('oauth_sign_ins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_oauth_sign_ins_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_oauth_sign_ins_instance_id'), ['instance_id'], unique=False)

    with op.batch_alter_table('integration_instances', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sign_in_app', sa.String(length=6), server_default='', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('integration_instances', schema=None) as batch_op:
        batch_op.drop_column('sign_in_app')

    with op.batch_alter_table('oauth_sign_ins', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_oauth_sign_ins_instance_id'))
        batch_op.drop_index(batch_op.f('ix_oauth_sign_ins_expires_at'))

    op.drop_table('oauth_sign_ins')
    with op.batch_alter_table('oauth_grants', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_oauth_grants_next_refresh_at'))

    op.drop_table('oauth_grants')
