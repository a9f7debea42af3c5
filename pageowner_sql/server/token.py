"""The token without which nobody is answered."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path

from pageowner_sql.errors import InputError

_TOKEN = re.compile(r"[\w-]{32,200}")


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(32)


def kept_token(file: str) -> str:
    """The token in a file, which is made where it is not there. Raises InputError.

    Others must not be able to read it.
    """
    path = Path(file)
    try:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise InputError(f"{file}: others may read it; run: chmod 600 {file}") from None
            token = path.read_text(encoding="ascii").strip()
        else:
            token = new_token()
            with os.fdopen(descriptor, "w", encoding="ascii") as made:
                made.write(f"{token}\n")
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError:
        token = ""
    if not _TOKEN.fullmatch(token):
        raise InputError(f"{file}: holds no token of 32 letters and digits or more; remove it")
    return token
