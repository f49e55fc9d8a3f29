"""`python -m evals.metrics_check`."""

from evals.metrics_check.command import main

main()
