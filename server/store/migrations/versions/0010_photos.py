"""Photos that callers send, kept with us; those of texts that are here are fetched as well."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at is not null")


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    photo = op.create_table(
        "photo",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("small", sa.LargeBinary(), nullable=True),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_photo_business_business")
        ),
        sa.ForeignKeyConstraint(["thread"], ["thread.id"], name=op.f("fk_photo_thread_thread")),
        sa.ForeignKeyConstraint(
            ["text"], ["text.key"], name=op.f("fk_photo_text_text"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("text", "place", name=op.f("uq_photo_text_place")),
    )
    op.create_index(op.f("ix_photo_thread"), "photo", ["thread"])
    op.create_index("ix_photo_due", "photo", ["due_at"], sqlite_where=_DUE, postgresql_where=_DUE)
    rows = _of_texts(op.get_bind())
    if rows:
        op.bulk_insert(photo, rows)


def downgrade() -> None:
    op.drop_table("photo")


def _of_texts(connection: sa.Connection) -> list[dict[str, object]]:
    text = sa.table(
        "text",
        *(sa.column(name) for name in ("key", "business", "thread", "kind")),
        sa.column("media", sa.JSON()),
        sa.column("at", sa.DateTime(timezone=True)),
    )
    some = sa.cast(text.c.media, sa.Text()) != "[]"
    from_callers = sa.select(text).where(text.c.kind.is_(None), text.c.thread.is_not(None), some)
    now = datetime.now(UTC)  # noqa: TID251 - a migration has no clock; new photos come before these
    return [
        {
            "business": row.business,
            "thread": row.thread,
            "text": row.key,
            "place": place,
            "source": media["name"],
            "type": media["type"],
            "state": "waiting",
            "tries": 0,
            "due_at": now,
        }
        for row in connection.execute(from_callers)
        for place, media in enumerate(row.media, start=1)
    ]
