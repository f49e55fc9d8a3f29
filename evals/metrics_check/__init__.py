"""The figures of the numbers page against a slow recount of the raw rows of made-up episodes: `python -m evals.metrics_check`."""
