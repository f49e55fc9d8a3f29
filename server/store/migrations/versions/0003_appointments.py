"""Appointments, and the claims on their time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("beside", sa.JSON(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_min", sa.Integer(), nullable=False),
        sa.Column("buffer_before_min", sa.Integer(), nullable=False),
        sa.Column("buffer_after_min", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("offer", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_appointment_business_business")
        ),
        sa.ForeignKeyConstraint(
            ["thread"], ["thread.id"], name=op.f("fk_appointment_thread_thread")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index("ix_appointment_thread_state", "appointment", ["thread", "state"])
    op.create_index(
        "ix_appointment_business_calendar_start", "appointment", ["business", "calendar", "start"]
    )
    op.create_table(
        "claim",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("tick", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_claim_business_business")
        ),
        sa.PrimaryKeyConstraint("business", "calendar", "tick", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_holder"), "claim", ["holder"])


def downgrade() -> None:
    op.drop_table("claim")
    op.drop_table("appointment")
