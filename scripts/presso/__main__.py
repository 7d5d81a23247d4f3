"""presso's entry point: import and call."""

import gc
import os
import signal


def main() -> None:
    """Run the command line given to this process and exit."""
    # Python's own handler would print a traceback while the first modules are imported.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, _: os._exit(128 + number))
    # What is imported and read stays: there is little to find in it after each 700 objects.
    gc.set_threshold(20_000)
    from presso import interruption

    with interruption.handled():
        from presso import cli

        cli.main()


if __name__ == "__main__":
    main()
