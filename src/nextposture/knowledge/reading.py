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
    """Safe loader of plain values: booleans and whole numbers as in YAML 1.2, no dates, no key twice."""


def _drop_resolvers() -> None:
    dropped = {f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "timestamp")}
    _Loader.yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] not in dropped]
        for first, pairs in _Loader.yaml_implicit_resolvers.items()
    }


def _construct_int(loader: Any, node: yaml.ScalarNode) -> int:
    try:
        return int(node.value)
    except ValueError:
        raise yaml.MarkedYAMLError(
            problem="not a number that can be used", problem_mark=node.start_mark
        ) from None


def _construct_mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be one word", problem_mark=key_node.start_mark)
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.MarkedYAMLError(
                problem=f"the key {key!r} appears twice", problem_mark=key_node.start_mark
            )
        seen.add(key)
    mapping: dict[Any, Any] = yaml.SafeLoader.construct_mapping(loader, node, deep=deep)
    return mapping


_drop_resolvers()
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?[0-9]+$"), list("-+0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
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

    def part(self, key: str, **filled: Any) -> Table:
        """The mapping under `key` as a document of its own, with these values, whatever it has itself."""
        value = self.value[key]
        node = _child(self._node, key) if self._node is not None else None
        if not isinstance(value, dict):
            raise self.error([key], "must be a mapping")
        return Table(self.name, {**value, **filled}, node)

    def parse(self, kind: type[T]) -> T:
        """The document, less its `meta`, as `kind`: types are exact, unknown and missing keys are errors.

        Raises KnowledgeError for the first thing that does not fit.
        """
        adapter = TypeAdapter(kind)
        value = self.value
        if isinstance(value, dict):
            value = {key: part for key, part in value.items() if key != "meta"}
        try:
            return adapter.validate_json(json.dumps(value), strict=True)
        except ValidationError as failure:
            first = failure.errors(include_url=False, include_context=False, include_input=False)[0]
            raise self.error(first["loc"], first["msg"]) from None


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


MOST_NESTED = 50


def read_foreign(name: str, text: str) -> Table:
    """Like `read_text`, for text that is not ours: no anchors, no tags, and little nesting.

    Looked at event by event first, because deep nesting can exhaust the parser's stack and a few nested
    anchors can stand for billions of values.
    """
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise KnowledgeError(f"{name}:{line}: anchors are not taken; write the values out")
            if getattr(event, "tag", None):
                raise KnowledgeError(f"{name}:{line}: tags are not taken; write plain values")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MOST_NESTED:
                raise KnowledgeError(f"{name}:{line}: is nested too deeply")
    except yaml.YAMLError as error:
        if "nesting depth" in str(error):  # the parser's own limit, which newer versions have
            mark = getattr(error, "problem_mark", None)
            raise KnowledgeError(f"{name}:{mark.line + 1 if mark else 1}: is nested too deeply") from None
        # of anything else read_text says what is wrong, and where
    return read_text(name, text)


def read_table(name: str) -> Table:
    """Parse one of the package's own tables, `knowledge/tables/<name>.yaml`."""
    return read_text(f"{name}.yaml", table_text(name))


def table_text(name: str) -> str:
    """The text of `knowledge/tables/<name>.yaml`."""
    return (files("nextposture.knowledge") / "tables" / f"{name}.yaml").read_text(encoding="utf-8")


def table_names() -> list[str]:
    """The name of every packaged table, sorted."""
    folder = files("nextposture.knowledge") / "tables"
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )
