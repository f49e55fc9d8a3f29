"""What one process of several does."""

from typing import Literal, get_args

Role = Literal["all", "web", "worker"]
"""`web` takes webhooks and shows pages, `worker` runs turns and deliveries, `all` does both."""
ROLES: tuple[Role, ...] = get_args(Role)
