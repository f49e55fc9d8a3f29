"""The JSON API under `/api/v1`: token auth, documented by its own OpenAPI document."""

from fastapi import APIRouter

from server.http.api import provider

router = APIRouter(prefix="/api/v1")
router.include_router(provider.router)
