"""The first page of an empty installation."""

from fastapi import APIRouter

router = APIRouter(prefix="/welcome")
