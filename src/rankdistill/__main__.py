"""`python -m rankdistill` does what the console script does."""

from rankdistill.cli import main

if __name__ == "__main__":
    main()
