"""Businesses of the installation: made, suspended, moved, measured."""

from fastapi import APIRouter

router = APIRouter(prefix="/businesses")
