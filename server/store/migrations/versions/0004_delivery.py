"""Tries and errors of delivery, threads that end, erased callers who stay opted out."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WAITS = sa.text("status in ('received', 'queued', 'sending')")
_UNOWNED = sa.text("owner = 'nobody' and resolved_at is null")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table, name, kind in (
        ("phone", "blocked_at", _MOMENT),
        ("phone", "blocked_why", sa.String()),
        ("thread", "episode_at", _MOMENT),
        ("thread", "resolved_at", _MOMENT),
        ("thread", "untextable", sa.String()),
        ("thread", "look_at", _MOMENT),
        ("text", "opened_at", _MOMENT),
        ("text", "error_code", sa.String()),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=True))
    op.add_column("text", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_thread_look", "thread", ["look_at"])
    op.create_index(
        "ix_thread_unowned",
        "thread",
        ["last_at"],
        sqlite_where=_UNOWNED,
        postgresql_where=_UNOWNED,
    )
    op.execute("update text set status = 'answered' where author = 'caller' and turn is not null")
    op.execute("update thread set episode_at = last_at, look_at = last_at")
    op.create_index("ix_text_business_at", "text", ["business", "at"])
    op.create_index(
        "ix_text_waiting", "text", ["status", "at"], sqlite_where=_WAITS, postgresql_where=_WAITS
    )
    op.create_table(
        "suppression",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_suppression_business_business")
        ),
        sa.PrimaryKeyConstraint("business", "hash", name=op.f("pk_suppression")),
    )


def downgrade() -> None:
    op.drop_table("suppression")
    op.drop_index("ix_text_waiting", "text")
    op.drop_index("ix_text_business_at", "text")
    op.drop_index("ix_thread_unowned", "thread")
    op.drop_index("ix_thread_look", "thread")
    for table, names in (
        ("text", ("tries", "error_code", "opened_at")),
        ("thread", ("look_at", "untextable", "resolved_at", "episode_at")),
        ("phone", ("blocked_why", "blocked_at")),
    ):
        for name in names:
            op.drop_column(table, name)
