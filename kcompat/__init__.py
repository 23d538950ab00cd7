"""A backend-agnostic, Keras-compatible deep-learning library."""
