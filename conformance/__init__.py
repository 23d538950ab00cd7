"""The conformance suite: what the spec promises, asked of every backend.

The rooms in reading order; each imports those before it alone:

- `targets`: what is asked of a library under test
- `cases`: what is asked: the samples of ops, and rows of layers, losses, metrics, optimizers and training runs
- `references`: what ops are by others' functions, to hold the spec's bodies to
- `records`: what Keras answers for what is built of ops, to hold ours to
- `judge`: what is right, and how far off an honest answer may be
- `run`: the checks, and running them
- `report`: what is shown of a run
- `adapters`: targets of other libraries, on `targets` and `cases`; loaded by name
- `mutants`: planted bugs that the suite has to find
- `record`: writes the records
- `cli`, `plugin`: the suite on the command line and in pytest
"""
