"""Whole conversations, played again and again and scored by how they end and by what must never happen."""
