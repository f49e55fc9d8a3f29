"""The owner's desk: history of the profile, tokens, webhooks, usage, registrations, summaries, seals."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNTOLD = sa.text("told_at is null")
_TO_SEND = sa.text("next_at is not null")
_UNSEALED = sa.text("version > sealed")


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_columns()
    _index_lists()
    _make_histories()
    _make_accounting()
    _make_carrier()
    _make_api()
    _make_webhooks()
    _make_seals()


_LISTS = {
    "ix_thread_open": ("thread", ["business", "resolved_at", "last_at"], "resolved_at is null"),
    "ix_thread_people": ("thread", ["business", "owner", "last_at"], "owner <> 'agent'"),
    "ix_thread_opted_out": ("thread", ["business", "opted_out_at"], "opted_out_at is not null"),
    "ix_appointment_visits": ("appointment", ["business", "start"], "code is not null"),
}
"""What other systems page through."""


def _index_lists() -> None:
    for name, (table, columns, condition) in _LISTS.items():
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_task_business", "task", ["business", "id"])
    op.create_index("ix_call_business_outcome", "call", ["business", "outcome", "at"])


def _add_columns() -> None:
    op.add_column(
        "thread", sa.Column("sealed", sa.BigInteger(), nullable=False, server_default="-1")
    )
    op.create_index(
        "ix_thread_unsealed",
        "thread",
        ["version"],
        sqlite_where=_UNSEALED,
        postgresql_where=_UNSEALED,
    )
    op.create_index("ix_consent_business_at", "consent", ["business", "at"])
    op.add_column("business", sa.Column("suspended_at", _moment(), nullable=True))
    op.add_column("business", sa.Column("suspended_why", sa.String(), nullable=True))
    op.add_column("business", sa.Column("quota", sa.JSON(), nullable=True))
    op.add_column("business", sa.Column("setup", sa.JSON(), nullable=True))
    op.add_column("phone", sa.Column("registration", sa.String(), nullable=True))
    op.add_column("phone", sa.Column("registration_note", sa.String(), nullable=True))
    op.add_column("phone", sa.Column("registered_at", _moment(), nullable=True))


def _of_business(nullable: bool = False) -> sa.Column[str]:
    return sa.Column("business", sa.String(), sa.ForeignKey("business.slug"), nullable=nullable)


def _make_histories() -> None:
    op.create_table(
        "business_version",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        _of_business(),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=False),
    )
    op.create_index("ix_business_version_business", "business_version", ["business", "id"])
    op.create_table(
        "folder_upload",
        sa.Column("business", sa.String(), sa.ForeignKey("business.slug"), primary_key=True),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "preflight",
        sa.Column("id", sa.String(), primary_key=True),
        _of_business(),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("beat_at", _moment(), nullable=True),
        sa.Column("found", sa.JSON(), nullable=False),
    )
    op.create_index("ix_preflight_business", "preflight", ["business"])


def _make_accounting() -> None:
    op.create_table(
        "usage",
        sa.Column("business", sa.String(), sa.ForeignKey("business.slug"), primary_key=True),
        sa.Column("month", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "weekly_summary",
        sa.Column("business", sa.String(), sa.ForeignKey("business.slug"), primary_key=True),
        sa.Column("week", sa.String(), primary_key=True),
        sa.Column("staff", sa.String(), primary_key=True),
        sa.Column("way", sa.String(), primary_key=True),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("told_at", _moment(), nullable=True),
        sa.Column("came_to", sa.Text(), nullable=True),
    )
    op.create_index(
        "ix_weekly_summary_due",
        "weekly_summary",
        ["at"],
        sqlite_where=_UNTOLD,
        postgresql_where=_UNTOLD,
    )
    op.create_index("ix_task_business_due", "task", ["business", "due_at"])
    op.create_index("ix_task_business_created", "task", ["business", "created_at"])
    op.create_index("ix_appointment_business_created", "appointment", ["business", "created_at"])


def _make_carrier() -> None:
    op.create_table(
        "number_day",
        sa.Column("business", sa.String(), sa.ForeignKey("business.slug"), primary_key=True),
        sa.Column("number", sa.String(), primary_key=True),
        sa.Column("day", sa.String(), primary_key=True),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("filtered", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("reached", sa.Integer(), nullable=False),
        sa.Column("opted_out", sa.Integer(), nullable=False),
    )
    op.create_table(
        "carrier_credential",
        sa.Column("business", sa.String(), sa.ForeignKey("business.slug"), primary_key=True),
        sa.Column("account_sid", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("changed_at", _moment(), nullable=False),
    )
    op.create_index("ix_carrier_credential_account_sid", "carrier_credential", ["account_sid"])


def _make_api() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(), primary_key=True),
        _of_business(nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("used_at", _moment(), nullable=True),
        sa.Column("revoked_at", _moment(), nullable=True),
    )
    op.create_index("ix_api_token_business", "api_token", ["business"])


def _make_webhooks() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.String(), primary_key=True),
        _of_business(),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("changed_at", _moment(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("made_at", _moment(), nullable=False),
        sa.Column("failing_since", _moment(), nullable=True),
        sa.Column("off_at", _moment(), nullable=True),
        sa.Column("off_why", sa.String(), nullable=True),
    )
    op.create_index("ix_webhook_endpoint_business", "webhook_endpoint", ["business"])
    op.create_table(
        "webhook_event",
        sa.Column("id", sa.String(), primary_key=True),
        _of_business(),
        sa.Column("thread", sa.String(), sa.ForeignKey("thread.id"), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
    )
    op.create_index("ix_webhook_event_thread", "webhook_event", ["thread"])
    op.create_index("ix_webhook_event_business_at", "webhook_event", ["business", "at"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        sa.Column(
            "event",
            sa.String(),
            sa.ForeignKey("webhook_event.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column(
            "endpoint",
            sa.String(),
            sa.ForeignKey("webhook_endpoint.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", _moment(), nullable=True),
        sa.Column("tried_at", _moment(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
    )
    op.create_index("ix_webhook_delivery_event", "webhook_delivery", ["event"])
    op.create_index("ix_webhook_delivery_endpoint", "webhook_delivery", ["endpoint"])
    op.create_index(
        "ix_webhook_delivery_next",
        "webhook_delivery",
        ["next_at"],
        sqlite_where=_TO_SEND,
        postgresql_where=_TO_SEND,
    )


def _make_seals() -> None:
    op.create_table(
        "seal",
        sa.Column("thread", sa.String(), sa.ForeignKey("thread.id"), primary_key=True),
        sa.Column("place", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.UniqueConstraint("thread", "kind", "key", "digest"),
    )
    op.create_index("ix_seal_at", "seal", ["at"])
    op.create_table(
        "seal_anchor",
        sa.Column("business", sa.String(), sa.ForeignKey("business.slug"), primary_key=True),
        sa.Column("day", sa.String(), primary_key=True),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("leaves", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
    )
    op.create_table(
        "faceless_event",
        sa.Column("id", _KEY, primary_key=True, autoincrement=True),
        _of_business(),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("start", _moment(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", _moment(), nullable=False),
    )
    op.create_index("ix_faceless_event_due", "faceless_event", ["due_at"])


def downgrade() -> None:
    op.drop_index("ix_call_business_outcome", "call")
    op.drop_index("ix_task_business", "task")
    for name, (listed, _, _) in _LISTS.items():
        op.drop_index(name, listed)
    for table in (
        "faceless_event",
        "seal_anchor",
        "seal",
        "webhook_delivery",
        "webhook_event",
        "webhook_endpoint",
        "api_token",
        "carrier_credential",
        "number_day",
        "weekly_summary",
        "usage",
        "preflight",
        "folder_upload",
        "business_version",
    ):
        op.drop_table(table)
    op.drop_index("ix_appointment_business_created", "appointment")
    op.drop_index("ix_task_business_created", "task")
    op.drop_index("ix_task_business_due", "task")
    op.drop_index("ix_consent_business_at", "consent")
    op.drop_index("ix_thread_unsealed", "thread")
    with op.batch_alter_table("thread") as thread:
        thread.drop_column("sealed")
    with op.batch_alter_table("phone") as phone:
        for column in ("registered_at", "registration_note", "registration"):
            phone.drop_column(column)
    with op.batch_alter_table("business") as business:
        for column in ("setup", "quota", "suspended_why", "suspended_at"):
            business.drop_column(column)
