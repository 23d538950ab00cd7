"""Libraries under test: what the suite asks of them.

In reading order:

- `precision`: what a dtype holds, and the precision profiles that a target declares
- `dialect`: how calls of a library are arranged, and how scripts are written for it
- `target`: `Target`, which an adapter makes, backends of ours as targets, and `load`, which finds one by name
"""
