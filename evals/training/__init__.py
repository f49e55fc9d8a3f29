"""Labelled texts of our own, and how the trained reader is made of them."""
