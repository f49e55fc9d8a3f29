"""Visits that move and end, calendars mirrored, passwords of calendars elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_SHOWN = sa.text("shown")
_LEFT = sa.text('"left" is not null')


def upgrade() -> None:
    with op.batch_alter_table("appointment") as table:
        table.add_column(sa.Column("left", sa.JSON(none_as_null=True), nullable=True))
        table.add_column(sa.Column("moves", sa.String(), nullable=True))
        table.add_column(sa.Column("source", sa.String(), nullable=True))
        table.add_column(sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("code", sa.String(), nullable=True))
        table.add_column(
            sa.Column("shown", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(sa.Column("changed_at", _MOMENT, nullable=True))
        table.add_column(sa.Column("reminded_at", _MOMENT, nullable=True))
    op.execute("update appointment set changed_at = created_at")
    op.execute(
        "update appointment set state = 'released' where state = 'review'"
    )  # people have them
    with op.batch_alter_table("appointment") as table:
        table.alter_column("changed_at", existing_type=_MOMENT, nullable=False)
        table.create_unique_constraint(op.f("uq_appointment_code"), ["code"])
        table.create_index("ix_appointment_state_start", ["state", "start"])
        table.create_index("ix_appointment_moves", ["moves"])
    for name, column, where in (("shown", "shown", _SHOWN), ("left", "id", _LEFT)):
        op.create_index(
            f"ix_appointment_{name}",
            "appointment",
            [column],
            sqlite_where=where,
            postgresql_where=where,
        )
    op.add_column("task", sa.Column("tell", sa.Text(), nullable=True))
    op.create_table(
        "calendar_mirror",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("read_at", _MOMENT, nullable=True),
        sa.Column("stale_at", _MOMENT, nullable=True),
        sa.Column("checked_at", _MOMENT, nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_calendar_mirror_business_business")
        ),
        sa.PrimaryKeyConstraint("business", "calendar", name=op.f("pk_calendar_mirror")),
    )
    op.create_table(
        "mirrored_event",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("begins", _MOMENT, nullable=False),
        sa.Column("ends", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("business", "calendar", "name", name=op.f("pk_mirrored_event")),
    )
    op.create_index("ix_mirrored_event_ends", "mirrored_event", ["business", "calendar", "ends"])
    op.create_table(
        "calendar_secret",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("calendar", sa.String(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_calendar_secret_business_business")
        ),
        sa.PrimaryKeyConstraint("business", "calendar", name=op.f("pk_calendar_secret")),
    )


def downgrade() -> None:
    op.drop_table("calendar_secret")
    op.drop_index("ix_mirrored_event_ends", "mirrored_event")
    op.drop_table("mirrored_event")
    op.drop_table("calendar_mirror")
    op.drop_column("task", "tell")
    op.drop_index("ix_appointment_left", "appointment")
    op.drop_index("ix_appointment_shown", "appointment")
    with op.batch_alter_table("appointment") as table:
        table.drop_index("ix_appointment_moves")
        table.drop_index("ix_appointment_state_start")
        table.drop_constraint(op.f("uq_appointment_code"), type_="unique")
        for name in (
            "reminded_at",
            "changed_at",
            "shown",
            "code",
            "revision",
            "source",
            "moves",
            "left",
        ):
            table.drop_column(name)
