"""A step, recorded and replayed."""
