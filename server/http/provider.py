"""Businesses of the installation, for its admin."""

from fastapi import APIRouter

router = APIRouter(prefix="/admin/businesses")
