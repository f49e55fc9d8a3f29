"""What was asked of a model, and what it took."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "model_call",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=True),
        sa.Column("turn", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("prompt", sa.String(), nullable=False),
        sa.Column("tokens_in", sa.Integer(), nullable=False),
        sa.Column("tokens_out", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_model_call_business_business")
        ),
        sa.ForeignKeyConstraint(
            ["thread"], ["thread.id"], name=op.f("fk_model_call_thread_thread")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_call")),
    )
    op.create_index("ix_model_call_business_at", "model_call", ["business", "at"])
    op.create_index(op.f("ix_model_call_thread"), "model_call", ["thread"])


def downgrade() -> None:
    op.drop_table("model_call")
