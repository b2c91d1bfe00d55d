"""What a cluster says may hold anything; on a terminal it must be text and nothing else."""

import re
from typing import Final

DANGEROUS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""C0 and C1 controls, what turns the direction of writing or can't be seen, and halves of surrogate pairs."""


def harmless(text: str) -> str:
    r"""Return `text` with every dangerous character written as \uXXXX, the way JSON writes it."""
    return DANGEROUS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def harmless_json(body: bytes) -> bytes:
    r"""Return the JSON document `body`, in one line, which says the same with dangerous characters as \uXXXX."""
    return harmless(body.decode("utf-8")).encode()
