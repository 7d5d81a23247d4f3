"""presso's entry point: import and call."""

from presso import interruption


def main() -> None:
    """Run the command line given to this process and exit."""
    with interruption.handled():
        from presso import cli

        cli.main()


if __name__ == "__main__":
    main()
