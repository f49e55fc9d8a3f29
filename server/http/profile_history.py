"""What the profile was, who changed it, and the way back."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/history")
