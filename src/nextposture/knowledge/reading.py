"""Read a YAML table into typed values, and when it is wrong say which file and line.

The tables are the product's clinical content, so a slip in one must stop the program with a message that
an editor can act on, not surface later as odd advice. Booleans are YAML 1.2's (`true` and `false` only):
under YAML 1.1 the country code NO would read as false.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any, TypeVar, dataclass_transform

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")
Location = Sequence[str | int]


class KnowledgeError(ValueError):
    """A table is wrong. The message starts with `file:line:`."""


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def row(cls: type[T]) -> type[T]:
    """A frozen dataclass that is one row (or one whole) of a table: keys it does not have are refused."""
    cls.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return dataclass(frozen=True)(cls)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe loader with YAML 1.2 booleans, no sexagesimal numbers, and duplicate keys refused."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:int")]
    for first, pairs in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))


def _construct_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key!r} appears twice", problem_mark=key_node.start_mark
            )
        seen.add(key)
    mapping: dict[Any, Any] = yaml.SafeLoader.construct_mapping(loader, node, deep=deep)
    return mapping


_Loader.construct_mapping = _construct_mapping


@dataclass(frozen=True)
class Table:
    """One YAML document: its plain value, and where each part of it stands in the file."""

    name: str
    value: Any
    _node: yaml.Node | None

    def line(self, location: Location = ()) -> int:
        """Line (from 1) of the value at `location`, or of its nearest parent that exists."""
        node = self._node
        line = 1 if node is None else node.start_mark.line + 1
        for step in location:
            node = _child(node, step)
            if node is None:
                return line
            line = node.start_mark.line + 1
        return line

    def error(self, location: Location, message: str) -> KnowledgeError:
        """An error that names this file, the line of `location`, and the path to it."""
        path = ".".join(str(step) for step in location)
        return KnowledgeError(f"{self.name}:{self.line(location)}: {path + ': ' if path else ''}{message}")

    def require(
        self, location: Location, names: Iterable[object], known: Collection[object], what: str
    ) -> None:
        """Raise an error at `location` for the first of `names` that is no known `what`."""
        for name in names:
            if name not in known:
                raise self.error(location, f"unknown {what} {name!r}")

    def parse(self, kind: type[T]) -> T:
        """The document, less its `meta`, as `kind`: types are exact, unknown and missing keys are errors.

        Raises KnowledgeError for the first thing that does not fit.
        """
        adapter = TypeAdapter(kind)
        value = self.value
        if isinstance(value, dict):
            value = {key: part for key, part in value.items() if key != "meta"}
        try:
            return adapter.validate_json(json.dumps(value, default=_plain), strict=True)
        except ValidationError as failure:
            first = failure.errors(include_url=False, include_context=False, include_input=False)[0]
            raise self.error(first["loc"], first["msg"]) from None


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a table")


def _child(node: yaml.Node | None, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    return None


def read_text(name: str, text: str) -> Table:
    """Parse YAML (or JSON, which is a subset of it); `name` is what errors call it."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        value = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as failure:
        line = failure.problem_mark.line + 1 if failure.problem_mark else 1
        raise KnowledgeError(f"{name}:{line}: {failure.problem}") from None
    except yaml.YAMLError as failure:
        raise KnowledgeError(f"{name}:1: {failure}") from None
    return Table(name, value, node)


def read_table(name: str) -> Table:
    """Parse one of the package's own tables, `knowledge/tables/<name>.yaml`."""
    return read_text(f"{name}.yaml", table_text(name))


def table_text(name: str) -> str:
    """The text of `knowledge/tables/<name>.yaml`."""
    return (files("nextposture.knowledge") / "tables" / f"{name}.yaml").read_text(encoding="utf-8")
