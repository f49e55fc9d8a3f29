"""What missed calls came to, in figures."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/numbers")
