"""custom integrations and their versions

Revision ID: 99de37cccd43
Revises: d51b7f0c2e94
"""

import sqlalchemy as sa
from alembic import op


revision = '99de37cccd43'
down_revision = 'd51b7f0c2e94'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('custom_integrations',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('workspace_id', sa.String(length=40), nullable=False),
    sa.Column('provider_id', sa.String(length=60), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('step', sa.String(length=20), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('notes', sa.JSON(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('created_by', sa.String(length=40), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_custom_integrations_created_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_custom_integrations_workspace_id_workspaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_integrations')),
    sa.UniqueConstraint('provider_id', name=op.f('uq_custom_integrations_provider_id'))
    )
    with op.batch_alter_table('custom_integrations', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_custom_integrations_workspace_id'), ['workspace_id'], unique=False)

    op.create_table('integration_provider_audiences',
    sa.Column('provider_id', sa.String(length=60), nullable=False),
    sa.Column('workspace_id', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=6), nullable=False),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_integration_provider_audiences_workspace_id_workspaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('provider_id', 'workspace_id', name=op.f('pk_integration_provider_audiences'))
    )
    with op.batch_alter_table('integration_provider_audiences', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_integration_provider_audiences_workspace_id'), ['workspace_id'], unique=False)

    op.create_table('custom_revisions',
    sa.Column('integration_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('what', sa.String(length=200), nullable=False),
    sa.Column('author_id', sa.String(length=40), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_custom_revisions_author_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['integration_id'], ['custom_integrations.id'], name=op.f('fk_custom_revisions_integration_id_custom_integrations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('integration_id', 'number', name=op.f('pk_custom_revisions'))
    )
    op.create_table('custom_versions',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('integration_id', sa.String(length=40), nullable=False),
    sa.Column('workspace_id', sa.String(length=40), nullable=False),
    sa.Column('provider_id', sa.String(length=60), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('document', sa.JSON(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('seal', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('audience', sa.String(length=10), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('evidence', sa.JSON(), nullable=False),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.Column('submitted_by', sa.String(length=40), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reviewed_by', sa.String(length=40), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('review_note', sa.Text(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('replacement', sa.String(length=60), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['integration_id'], ['custom_integrations.id'], name=op.f('fk_custom_versions_integration_id_custom_integrations'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['reviewed_by'], ['users.id'], name=op.f('fk_custom_versions_reviewed_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['submitted_by'], ['users.id'], name=op.f('fk_custom_versions_submitted_by_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['workspace_id'], ['workspaces.id'], name=op.f('fk_custom_versions_workspace_id_workspaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_versions')),
    sa.UniqueConstraint('integration_id', 'number', name=op.f('uq_custom_versions_integration_id_number'))
    )
    with op.batch_alter_table('custom_versions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_custom_versions_provider_id'), ['provider_id'], unique=False)
        batch_op.create_index('ix_custom_versions_state_changed_at', ['state', 'changed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_custom_versions_workspace_id'), ['workspace_id'], unique=False)

    op.create_table('custom_comments',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('version_id', sa.String(length=40), nullable=False),
    sa.Column('pointer', sa.String(length=300), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('author_id', sa.String(length=40), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['users.id'], name=op.f('fk_custom_comments_author_id_users'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['version_id'], ['custom_versions.id'], name=op.f('fk_custom_comments_version_id_custom_versions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_custom_comments'))
    )
    with op.batch_alter_table('custom_comments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_custom_comments_version_id'), ['version_id'], unique=False)

    with op.batch_alter_table('integration_instances', schema=None) as batch_op:
        batch_op.add_column(sa.Column('provider_version', sa.Integer(), nullable=True))



def downgrade() -> None:
    with op.batch_alter_table('integration_instances', schema=None) as batch_op:
        batch_op.drop_column('provider_version')

    with op.batch_alter_table('custom_comments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_custom_comments_version_id'))

    op.drop_table('custom_comments')
    with op.batch_alter_table('custom_versions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_custom_versions_workspace_id'))
        batch_op.drop_index('ix_custom_versions_state_changed_at')
        batch_op.drop_index(batch_op.f('ix_custom_versions_provider_id'))

    op.drop_table('custom_versions')
    op.drop_table('custom_revisions')
    with op.batch_alter_table('integration_provider_audiences', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_integration_provider_audiences_workspace_id'))

    op.drop_table('integration_provider_audiences')
    with op.batch_alter_table('custom_integrations', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_custom_integrations_workspace_id'))

    op.drop_table('custom_integrations')
