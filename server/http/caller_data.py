"""How long things are kept, and one caller's record: shown, exported, erased."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/data")
