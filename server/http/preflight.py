"""What a change would change, before it is published."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/preflight")
