"""Alembic's entry: runs on the connection that `store.engine.migrate` hands over."""

from typing import Any, Literal

from alembic import context

from server.store.tables import Moment, metadata


def _as_plain(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Migrations name no type of ours, so that they still run when it is gone."""
    is_moment = kind == "type" and isinstance(item, Moment)
    return "sa.DateTime(timezone=True)" if is_moment else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_as_plain,
)
with context.begin_transaction():
    context.run_migrations()
