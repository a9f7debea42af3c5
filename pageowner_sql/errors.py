"""All errors that reach a user, in one tree. Imports nothing.

A message is one line that says what is wrong and what to do about it.
"""


class PageOwnerError(Exception):
    """An error; the command line exits with `exit_code`.

    `pointer`: the line of the input with the error, and a line with a caret below the place.
    `place`: line and column of the input, from 1.
    """

    exit_code = 1
    place: tuple[int, int] | None = None
    pointer: tuple[str, str] | None = None


class UsageError(PageOwnerError):
    """The call is wrong: an unknown key, two options that exclude each other."""

    exit_code = 2


class InputError(PageOwnerError):
    """A dump cannot be read: missing, not a dump, damaged."""


class DatabaseError(PageOwnerError):
    """The database file cannot be opened, is locked or foreign, or a statement failed."""


class MemoryLimitError(DatabaseError):
    """DuckDB or the compiled part needs more memory than there is for it."""


class LabelError(PageOwnerError):
    """No dump has the label, or the label is taken."""


class UnloadedSamplesError(LabelError):
    """Samples stand for dumps where nothing can be loaded; `words` mean them."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__(f"{words[0]}: is a sample, and a sandbox loads none")
        self.words = words


class MissingFieldError(PageOwnerError):
    """A question needs a field that the dump's format does not have."""


class RejectedRecordsError(PageOwnerError):
    """`--strict` was given and some records were rejected."""

    exit_code = 3


class BrokenBudgetError(PageOwnerError):
    """`check` found a budget that a dump breaks."""

    exit_code = 4


class InstallationError(PageOwnerError):
    """The package was not built whole, or two versions of it were mixed."""
