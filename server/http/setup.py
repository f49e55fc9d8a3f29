"""The guided set-up of a business, one question a page."""

from fastapi import APIRouter

router = APIRouter(prefix="/setup")
