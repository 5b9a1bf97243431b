"""The plumbing: tenants and their installations, when those ended, their tokens, their store, the inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
compatible_with = None


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("memo_json", sa.Text(), nullable=False),
        sa.Column("installed_at", sa.Float(precision=53), nullable=False),
        sa.Column("changed_at", sa.Float(precision=53), nullable=False),
        sa.Column("uninstalled_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tenants"),
    )
    op.create_table(
        "installations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=40), nullable=False),
        sa.Column("client_key", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("api_url", sa.String(length=2000), nullable=False),
        sa.Column("web_url", sa.String(length=2000), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_previous", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", sa.Float(precision=53), nullable=False),
        sa.Column("details_json", sa.Text(), nullable=False),
        sa.Column("event_at", sa.Float(precision=53), nullable=True),
        sa.Column("changed_at", sa.Float(precision=53), nullable=False),
        sa.Column("doubted_at", sa.Float(precision=53), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_installations_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_installations"),
        sa.UniqueConstraint("host", "client_key", name="uq_installations_host_client_key"),
    )
    op.create_index("ix_installations_changed_at", "installations", ["changed_at"])
    op.create_index("ix_installations_tenant_id", "installations", ["tenant_id"])
    op.create_table(
        "tenant_names",
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_tenant_names_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", name="pk_tenant_names"),
    )
    op.create_index("ix_tenant_names_tenant_id", "tenant_names", ["tenant_id"])
    op.create_table(
        "event_twins",
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("door", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_event_twins_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", name="pk_event_twins"),
    )
    op.create_index("ix_event_twins_created_at", "event_twins", ["created_at"])
    op.create_table(
        "ended_installations",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("event_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_ended_installations"),
    )
    op.create_table(
        "purged_installations",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purged_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_purged_installations"),
    )
    op.create_index("ix_purged_installations_purged_at", "purged_installations", ["purged_at"])
    op.create_table(
        "store_items",
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("key_json", sa.Text(), nullable=False),
        sa.Column("value_json", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_store_items_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "digest", name="pk_store_items"),
    )
    op.create_index("ix_store_items_scope", "store_items", ["scope"])
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("wanted", sa.String(length=500), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=True),
        sa.Column("fresh_until", sa.Float(precision=53), nullable=False),
        sa.Column("refreshing_until", sa.Float(precision=53), nullable=False),
        sa.Column("refresher", sa.String(length=32), nullable=True),
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installations.id"],
            name="fk_access_tokens_installation_id_installations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_access_tokens_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_access_tokens"),
        sa.UniqueConstraint("installation_id", "wanted", name="uq_access_tokens_installation_id_wanted"),
    )
    op.create_index("ix_access_tokens_tenant_id", "access_tokens", ["tenant_id"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=72), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("accesses_json", sa.Text(), nullable=True),
        sa.Column("policy", sa.String(length=40), nullable=True),
        sa.Column("expires_at", sa.Float(precision=53), nullable=True),
        sa.Column("tell_at", sa.Float(precision=53), nullable=True),
        sa.Column("last_used_at", sa.Float(precision=53), nullable=True),
        sa.Column("place", sa.String(length=255), nullable=True),
        sa.Column("created_by", sa.String(length=255), nullable=True),
        sa.Column("created_via", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"],
            ["installations.id"],
            name="fk_api_tokens_installation_id_installations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_api_tokens_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_index("ix_api_tokens_expires_at", "api_tokens", ["expires_at"])
    op.create_index("ix_api_tokens_installation_id", "api_tokens", ["installation_id"])
    op.create_index("ix_api_tokens_tell_at", "api_tokens", ["tell_at"])
    op.create_index("ix_api_tokens_tenant_id", "api_tokens", ["tenant_id"])
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("installation_id", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=12), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("lane", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("since", sa.Float(precision=53), nullable=False),
        sa.Column("due_at", sa.Float(precision=53), nullable=False),
        sa.Column("pushed_at", sa.Float(precision=53), nullable=True),
        sa.Column("lease_id", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.Float(precision=53), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("finished_at", sa.Float(precision=53), nullable=True),
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["installation_id"], ["installations.id"], name="fk_inbox_installation_id_installations", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name="fk_inbox_tenant_id_tenants", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_inbox"),
        sa.UniqueConstraint("digest", name="uq_inbox_digest"),
    )
    op.create_index("ix_inbox_installation_id_key", "inbox", ["installation_id", "key"])
    op.create_index("ix_inbox_tenant_id", "inbox", ["tenant_id"])
    for name, columns, where in (
        ("ready", ["lane", "origin", "tenant_id", "due_at", "id"], "lane IS NOT NULL"),
        ("waiting", ["due_at"], "status = 'new' AND lane IS NULL"),
        ("pushed_at", ["pushed_at"], "pushed_at IS NOT NULL"),
        ("lease_until", ["lease_until"], "lease_until IS NOT NULL"),
        ("finished_at", ["finished_at"], "finished_at IS NOT NULL"),
    ):
        op.create_index(
            f"ix_inbox_{name}", "inbox", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.create_table(
        "handled",
        sa.Column("day", sa.SmallInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=12), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_handled"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_handled_day", "handled", ["day"])
    op.create_table(
        "planned_slots",
        sa.Column("schedule", sa.String(length=100), nullable=False),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("reached", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("schedule", name="pk_planned_slots"),
    )
    op.create_table(
        "api_users",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("accesses_json", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("tenant_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name="fk_api_users_tenant_id_tenants", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_api_users"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_api_users_tenant_id_name"),
    )
    op.create_index("ix_api_users_tenant_id", "api_users", ["tenant_id"])


def downgrade() -> None:
    op.drop_table("planned_slots")
    op.drop_table("handled")
    op.drop_table("inbox")
    op.drop_table("api_users")
    op.drop_table("api_tokens")
    op.drop_table("access_tokens")
    op.drop_table("store_items")
    op.drop_table("event_twins")
    op.drop_table("tenant_names")
    op.drop_table("purged_installations")
    op.drop_table("ended_installations")
    op.drop_table("installations")
    op.drop_table("tenants")
