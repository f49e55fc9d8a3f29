"""A model's double at the network's edge: what it is asked, how it behaves, how it fails."""
