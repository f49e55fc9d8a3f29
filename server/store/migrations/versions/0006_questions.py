"""Callers' questions, one by one, with what was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("settled_at is null and not answered")


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("passage", sa.String(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("settled_at", _MOMENT, nullable=True),
        sa.Column("dismissed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_question_business_business")
        ),
        sa.ForeignKeyConstraint(["thread"], ["thread.id"], name=op.f("fk_question_thread_thread")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index(op.f("ix_question_thread"), "question", ["thread"])
    op.create_index("ix_question_business_at", "question", ["business", "at"])
    op.create_index(
        "ix_question_open",
        "question",
        ["business", "at"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_table("question")
