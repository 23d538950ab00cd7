"""`python -m kcompat` is the command `kcompat`."""

from kcompat.cli import main

main()
