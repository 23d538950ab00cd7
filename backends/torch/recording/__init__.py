"""Train steps without Python.

In reading order: `recorder` notes the operators that a step calls, `passes` rewrite them, `script` compiles them,
`replay` runs them, `program` decides which steps run so.
"""
