"""Lines of our own that sell and that do not, and how the judge of what sells is made of them."""
