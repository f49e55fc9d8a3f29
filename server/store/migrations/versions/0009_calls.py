"""Why a call was missed, what was or would have been said, voicemail; secrets of other phone systems; lines looked up."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _new() -> list[sa.Column[object]]:
    return [
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("told_as", sa.String(), nullable=True),
        sa.Column("rings_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("voicemail", sa.JSON(), nullable=True),
    ]


def upgrade() -> None:
    with op.batch_alter_table("call") as call:
        for column in _new():
            call.add_column(column)
    _settle_old_calls()
    op.create_index("ix_call_business_at", "call", ["business", "at"])
    op.create_index("ix_call_caller_at", "call", ["caller", "at"])
    rings = sa.text("outcome = 'ringing'")
    op.create_index("ix_call_ringing", "call", ["at"], sqlite_where=rings, postgresql_where=rings)
    op.create_table(
        "call_secret",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous", sa.String(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_call_secret_business_business")
        ),
        sa.PrimaryKeyConstraint("business", name=op.f("pk_call_secret")),
    )
    op.create_table(
        "phone_line",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_phone_line")),
    )


def _settle_old_calls() -> None:
    """What was left ringing until now is nobody's call any more, unless it rings at this very moment."""
    call = sa.table(
        "call",
        *(sa.column(name) for name in ("outcome", "reason", "decision")),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in ("at", "settled_at")),
    )
    long_ago = datetime.now(UTC) - timedelta(minutes=10)  # noqa: TID251 - a migration has no clock
    left = sa.update(call).where(call.c.outcome == "ringing", call.c.at < long_ago)
    op.execute(left.values(outcome="missed", reason="unknown", decision="told too late"))
    op.execute(sa.update(call).where(call.c.outcome != "ringing").values(settled_at=call.c.at))


def downgrade() -> None:
    op.drop_table("phone_line")
    op.drop_table("call_secret")
    op.drop_index("ix_call_ringing", "call")
    op.drop_index("ix_call_caller_at", "call")
    op.drop_index("ix_call_business_at", "call")
    with op.batch_alter_table("call") as call:
        for column in reversed(_new()):
            call.drop_column(column.name)
