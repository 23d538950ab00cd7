"""From a traced step to a flat NumPy program."""
