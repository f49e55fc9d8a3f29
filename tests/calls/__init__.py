"""Whole histories of calls, played against the real application on a virtual clock."""
