"""People in charge: who has seen what, escalations, staff's phones and channels, invitations, admins, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CLIMBS = sa.text("next_at is not null")
_DUE = sa.text("state = 'due'")
_OWED = sa.text("done_at is null")
_LAST_TEXTS = """
update thread set last_text = (
    select max(seq) from text where text.thread = thread.id and (kind is null or kind != 'alert')
)
"""


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_columns()
    _make_tables()
    op.execute(_LAST_TEXTS)


def _add_columns() -> None:
    op.add_column("account", sa.Column("stamp", sa.String(), server_default="", nullable=False))
    op.add_column("account", sa.Column("totp", sa.String(), nullable=True))
    op.add_column("account", sa.Column("totp_last", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("recovery", sa.JSON(), nullable=True))
    op.add_column("account", sa.Column("signed_in_at", _moment(), nullable=True))
    op.add_column("task", sa.Column("owner", sa.String(), nullable=True))
    op.add_column("task", sa.Column("alarmed_at", _moment(), nullable=True))
    op.add_column("task", sa.Column("kept", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_task_open", "task", ["business", "due_at"], sqlite_where=_OWED, postgresql_where=_OWED
    )
    op.add_column("thread", sa.Column("last_text", sa.BigInteger(), nullable=True))
    op.add_column("thread", sa.Column("snoozed_until", _moment(), nullable=True))
    op.add_column("thread", sa.Column("outcome", sa.String(), nullable=True))
    op.add_column("thread", sa.Column("number", sa.Integer(), nullable=True))
    op.create_index("ix_thread_number", "thread", ["business", "number"], unique=True)


def _make_tables() -> None:
    op.create_table(
        "admin",
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("totp", sa.String(), nullable=True),
        sa.Column("totp_last", sa.BigInteger(), nullable=True),
        sa.Column("recovery", sa.JSON(), nullable=True),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("signed_in_at", _moment(), nullable=True),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_admin")),
    )
    op.create_table(
        "failed_login",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_login")),
    )
    op.create_index("ix_failed_login_address_at", "failed_login", ["address", "at"])
    op.create_index(op.f("ix_failed_login_at"), "failed_login", ["at"])
    op.create_index("ix_failed_login_login_at", "failed_login", ["login", "at"])
    op.create_table(
        "installation_secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_installation_secret")),
    )
    op.create_table(
        "alert_channel",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("used_at", _moment(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_alert_channel_business")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_channel")),
    )
    op.create_index(op.f("ix_alert_channel_business"), "alert_channel", ["business"])
    op.create_table(
        "audit",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("business", sa.String(), nullable=True),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("did", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["business"], ["business.slug"], name=op.f("fk_audit_business")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_business_at", "audit", ["business", "at"])
    op.create_table(
        "invitation",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("expires_at", _moment(), nullable=False),
        sa.Column("used_at", _moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_invitation_business")
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_invitation")),
    )
    op.create_index(op.f("ix_invitation_business"), "invitation", ["business"])
    op.create_table(
        "pause",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["business"], ["business.slug"], name=op.f("fk_pause_business")),
        sa.PrimaryKeyConstraint("business", name=op.f("pk_pause")),
    )
    op.create_table(
        "escalation",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("began_at", _moment(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("next_at", _moment(), nullable=True),
        sa.Column("told_nobody_at", _moment(), nullable=True),
        sa.Column("ended_at", _moment(), nullable=True),
        sa.Column("ended", sa.String(), nullable=True),
        sa.Column("taken_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_escalation_business")
        ),
        sa.ForeignKeyConstraint(["thread"], ["thread.id"], name=op.f("fk_escalation_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("key", name=op.f("uq_escalation_key")),
    )
    op.create_index("ix_escalation_began", "escalation", ["began_at"])
    op.create_index("ix_escalation_business_began", "escalation", ["business", "began_at"])
    op.create_index(
        "ix_escalation_next",
        "escalation",
        ["next_at"],
        sqlite_where=_CLIMBS,
        postgresql_where=_CLIMBS,
    )
    op.create_index("ix_escalation_thread", "escalation", ["thread"])
    op.create_table(
        "handset",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("confirmed_at", _moment(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("code_at", _moment(), nullable=True),
        sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("thread", sa.String(), nullable=True),
        sa.Column("busy_until", _moment(), nullable=True),
        sa.ForeignKeyConstraint(["business"], ["business.slug"], name=op.f("fk_handset_business")),
        sa.ForeignKeyConstraint(
            ["thread"], ["thread.id"], name=op.f("fk_handset_thread"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("business", "staff", name=op.f("pk_handset")),
    )
    op.create_table(
        "presence",
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("typed_at", _moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["thread"], ["thread.id"], name=op.f("fk_presence_thread"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("thread", "staff", name=op.f("pk_presence")),
    )
    op.create_table(
        "push_subscription",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("used_at", _moment(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account"],
            ["account.id"],
            name=op.f("fk_push_subscription_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index(op.f("ix_push_subscription_account"), "push_subscription", ["account"])
    op.create_table(
        "seen",
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread"], ["thread.id"], name=op.f("fk_seen_thread"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("thread", "staff", name=op.f("pk_seen")),
    )
    op.create_table(
        "escalation_step",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("escalation", _KEY, nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("staff", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("sid", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("changed_at", _moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["escalation"],
            ["escalation.id"],
            name=op.f("fk_escalation_step_escalation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_step")),
    )
    op.create_index(
        "ix_escalation_step_due",
        "escalation_step",
        ["at"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )
    op.create_index(op.f("ix_escalation_step_escalation"), "escalation_step", ["escalation"])
    op.create_index(op.f("ix_escalation_step_sid"), "escalation_step", ["sid"])


def downgrade() -> None:
    for table in (
        "escalation_step",
        "seen",
        "push_subscription",
        "presence",
        "handset",
        "escalation",
        "pause",
        "invitation",
        "audit",
        "alert_channel",
        "installation_secret",
        "failed_login",
        "admin",
    ):
        op.drop_table(table)
    op.drop_index("ix_thread_number", "thread")
    op.drop_index("ix_task_open", "task")
    added = {
        "account": ("stamp", "totp", "totp_last", "recovery", "signed_in_at"),
        "task": ("owner", "alarmed_at", "kept"),
        "thread": ("last_text", "snoozed_until", "outcome", "number"),
    }
    for table, columns in added.items():
        for column in columns:
            op.drop_column(table, column)
