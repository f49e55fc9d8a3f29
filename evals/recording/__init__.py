"""Real traffic of a small open model, recorded once and replayed by the tests."""
