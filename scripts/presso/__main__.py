"""presso's entry point: import and call."""

import gc

from presso import interruption


def main() -> None:
    """Run the command line given to this process and exit."""
    # What is imported and read stays: there is little to find in it after each 700 objects.
    gc.set_threshold(20_000)
    with interruption.handled():
        from presso import cli

        cli.main()


if __name__ == "__main__":
    main()
