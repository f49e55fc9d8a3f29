"""Earlier versions of documents, changes not yet published, and phrasings that the owner approved."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_COUNTED = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("document", sa.Column("added_by", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "document_version",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("added_by", sa.String(), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("passages", sa.Integer(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_document_version_business_business")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_version")),
        sa.UniqueConstraint(
            "business", "name", "number", name=op.f("uq_document_version_business_name_number")
        ),
    )
    op.create_table(
        "document_draft",
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=True),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_document_draft_business_business")
        ),
        sa.PrimaryKeyConstraint("business", "name", name=op.f("pk_document_draft")),
    )
    op.create_table(
        "phrasing",
        sa.Column("id", _COUNTED, autoincrement=True, nullable=False),
        sa.Column("business", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business"], ["business.slug"], name=op.f("fk_phrasing_business_business")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phrasing")),
    )
    op.create_index(op.f("ix_phrasing_business"), "phrasing", ["business"])


def downgrade() -> None:
    op.drop_table("phrasing")
    op.drop_table("document_draft")
    op.drop_table("document_version")
    op.drop_column("document", "added_by")
