"""Which checks there are, and running them.

In reading order:

- `probes`: what each kind of check asks of a target, and how the answer is judged
- `suite`: all checks, with their levels and the clauses of the spec that they test
- `selection`: the checks that the command line asks for
- `xfails`: failures that are expected
- `runner`: running checks on a target, one after the other
- `worker`: the process of one target
- `preparation`: the processes that compute what is expected
- `document`: the report of a run
- `conform`: all targets, each in a process of its own
"""
