"""What is asked: cases, and the questions about them.

In reading order:

- `questions`: the cases of ops, one for each sample of the spec, and the questions about ops
- `data`: what the other cases are fed, drawn from a generator
- `built`: what the cases of things built of ops share
- `layers`, `losses`, `metrics`, `optimizers`: a row for each configuration, and the question about it
- `training`: short training runs
"""
