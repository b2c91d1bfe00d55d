"""Strings whose value is not kept, or not all of it: made while msgspec decodes, so that nothing holds the whole."""

from typing import Any, Final

import msgspec

from causeline.core.addresses import digest
from causeline.core.redact import redact_start

TEXT_CHARS: Final = 4096
"""Texts of statuses are cut here, as messages of Events are."""


class Digest(str):
    """A value that may be secret, as `~` and 16 hex digits of its SHA-256; equal values have equal digests."""

    __slots__ = ()


class Hidden(str):
    """A value of a Secret: nothing of it is kept, not even a digest."""

    __slots__ = ()


class Redacted(str):
    """A text that people wrote or programs printed, without the secrets that it may hold."""

    __slots__ = ()


def decode_hook(kind: type, value: Any) -> Any:
    """Tell msgspec how our redacted strings are made."""
    if kind is Digest:
        return Digest(digest(value if isinstance(value, str) else msgspec.json.encode(value).decode()))
    if kind is Hidden:
        return Hidden()
    if kind is Redacted and isinstance(value, str):
        return Redacted(redact_start(value, TEXT_CHARS))
    raise msgspec.ValidationError(f"Expected `str`, got `{type(value).__name__}`")


def encode_hook(value: Any) -> Any:
    """Tell msgspec how our redacted strings are written."""
    if isinstance(value, str):
        return str(value)
    raise NotImplementedError(type(value).__name__)
