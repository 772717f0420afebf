"""`python -m rankdistill`, the same as the console script."""

from rankdistill.cli import main

main()
