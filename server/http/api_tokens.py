"""The business's tokens for the JSON API."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/api")
