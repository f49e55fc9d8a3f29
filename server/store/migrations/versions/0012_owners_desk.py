"""The owner's desk: history of the profile, tokens, webhooks, usage, registrations, summaries, seals."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TO_SEND = sa.text("next_at is not null")


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def upgrade() -> None:
    _add_columns()
    _make_histories()
    _make_accounting()
    _make_api()
    _make_webhooks()
    _make_seals()


def _add_columns() -> None:
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
        "preflight",
        sa.Column("id", sa.String(), primary_key=True),
        _of_business(),
        sa.Column("at", _moment(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
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
        sa.Column("at", _moment(), nullable=False),
    )


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


def downgrade() -> None:
    for table in (
        "seal",
        "webhook_delivery",
        "webhook_event",
        "webhook_endpoint",
        "api_token",
        "weekly_summary",
        "usage",
        "preflight",
        "business_version",
    ):
        op.drop_table(table)
    with op.batch_alter_table("phone") as phone:
        for column in ("registered_at", "registration_note", "registration"):
            phone.drop_column(column)
    with op.batch_alter_table("business") as business:
        for column in ("setup", "quota", "suspended_why", "suspended_at"):
            business.drop_column(column)
