"""The business folder, down and up."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/folder")
