"""What runs the ops: interpreters, backends, gradients, programs. For authors of backends; see its `README`-like page."""
