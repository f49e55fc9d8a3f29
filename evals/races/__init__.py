"""Callers who race for the same times on real calendar servers, and what must hold when all is quiet: `python -m evals.races`."""
