"""The example: the issues that builds are about."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
compatible_with = "0001"


def upgrade() -> None:
    op.create_table(
        "issue_builds",
        sa.Column("build_id", sa.String(length=32), nullable=False),
        sa.Column("issue_key", sa.String(length=20), nullable=False),
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["build_id"], ["builds.id"], name="fk_issue_builds_build_id_builds", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_issue_builds_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("build_id", "issue_key", name="pk_issue_builds"),
    )
    op.create_index("ix_issue_builds_issue", "issue_builds", ["tenant_id", "issue_key"])
    op.create_index("ix_issue_builds_tenant_id", "issue_builds", ["tenant_id"])


def downgrade() -> None:
    op.drop_table("issue_builds")
