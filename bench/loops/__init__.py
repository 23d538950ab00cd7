"""Training loops written by hand: for each framework the fastest that is known, without any library of layers.

All do what `fit` does: an epoch in a new order, batches gathered on the host, Adam with Keras's epsilon, loss and
accuracy accumulated on the device, and one wait an epoch.
"""
