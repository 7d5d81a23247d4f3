"""presso's entry point: import and call."""

from presso.cli import main

if __name__ == "__main__":
    main()
