"""Which checks there are, and running them."""
