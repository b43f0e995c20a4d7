"""`python -m webapp` is the `toolkit` command."""

from webapp.cli import main

main()
