"""Everything that the business folder holds, edited on pages."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/profile")
