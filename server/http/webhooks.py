"""The owner's webhooks: where events go, and what came of it."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/webhooks")
