"""What must work before callers are texted, tried out."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/go-live")
