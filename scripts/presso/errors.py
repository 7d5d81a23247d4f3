"""Errors that the user can correct."""


class PressoError(Exception):
    """An error for the user: what is wrong, where, and what to do.

    Raised anywhere, printed once at the top level without a traceback. Any other exception is a bug.

    Args:
        message: One or two sentences naming the thing and the place.
        hint: What to do, as a sentence or a command.
        exit_code: 1 when the work failed, 2 when the request itself was wrong.
    """

    def __init__(self, message: str, *, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class UsageError(PressoError):
    """The request itself is wrong: an unknown name, a bad value, a broken file. Exit code 2."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint, exit_code=2)
