"""Training data: arrays and streams of batches, checked and converted on the host."""
