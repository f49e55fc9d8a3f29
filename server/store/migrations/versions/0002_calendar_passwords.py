"""Calendar passwords."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_password",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"],
            ["account.id"],
            name=op.f("fk_calendar_password_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_calendar_password")),
    )


def downgrade() -> None:
    op.drop_table("calendar_password")
