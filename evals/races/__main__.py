"""`python -m evals.races`."""

if __name__ == "__main__":  # processes that are forked look in here as well, and need nothing of it
    from evals.races.command import main

    main()
