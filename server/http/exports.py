"""Leads, conversations, visits and tasks as tables."""

from fastapi import APIRouter

router = APIRouter(prefix="/business/exports")
