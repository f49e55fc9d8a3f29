"""Why a call was missed, what was or would have been said, voicemail; secrets of other phone systems; lines looked up."""

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
    op.execute("update call set settled_at = at where outcome <> 'ringing'")
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


def downgrade() -> None:
    op.drop_table("phone_line")
    op.drop_table("call_secret")
    op.drop_index("ix_call_ringing", "call")
    op.drop_index("ix_call_caller_at", "call")
    op.drop_index("ix_call_business_at", "call")
    with op.batch_alter_table("call") as call:
        for column in reversed(_new()):
            call.drop_column(column.name)
