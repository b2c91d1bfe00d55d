"""YAML with line numbers: where each rule, and each field of it, stands in its file."""

from typing import Any, Final

import yaml

ALIASES_MAX: Final = 100
"""Aliases in one file; rules need none, and a few nested ones make gigabytes."""


class Lined(dict[str, Any]):
    """A mapping that knows its line, and those of its fields."""

    line = 0
    lines: dict[str, int] = {}  # noqa: RUF012 - replaced for each mapping


class _Loader(yaml.SafeLoader):
    aliases = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > ALIASES_MAX:
                raise yaml.YAMLError(f"more than {ALIASES_MAX} aliases")
        return super().compose_node(parent, index)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Lined:
    found = Lined({str(k): v for k, v in loader.construct_mapping(node, deep=True).items()})
    found.line = node.start_mark.line + 1
    found.lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_lined(text: str) -> Any:
    """Return what the text holds; mappings are `Lined`. Raises yaml.YAMLError."""
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


def line_of(raw: Any, path: tuple[Any, ...]) -> int:
    """Return the line of the field at `path` within a rule, as near as it can be said."""
    line = raw.line if isinstance(raw, Lined) else 0
    for part in path:
        if isinstance(raw, Lined):
            line = raw.lines.get(str(part), line)
            raw = raw.get(part)
        elif isinstance(raw, list) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
            line = raw.line if isinstance(raw, Lined) else line
    return line
