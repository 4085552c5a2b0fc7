"""Build step: make the bundles that MediaPipe's pose landmarker loads, from the networks in @mediapipe/pose.

npm's package has the networks as bare TFLite files. The landmarker asks in addition how pixels are
normalised, as a FlatBuffer (schema `metadata_schema.fbs` of TensorFlow Lite, identifier M001) kept in a
buffer of the model. And the network of landmarks draws an outline of the person besides, which nobody here
looks at: two fifths of its time. For neither is a model written anew: a new root table with the other lists
of buffers, metadata and operators goes in front of it, and everything else stays where it is, byte for byte,
as FlatBuffers only point forwards.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "@mediapipe/pose"
DETECTOR = "pose_solution_packed_assets.data"
"""The network that finds a person; the package has it under this name."""

MODELS = ("lite", "full")
ALIGNMENT = 64
"""Bytes to which the old model is moved; a multiple of what any buffer in it asks for (16)."""

NAME = b"TFLITE_METADATA"
"""The name under which the landmarker looks."""

OUTLINE, IN_ITS_PLACE = 2, 1
"""Places in the list of outputs: the outline of the person, and the score that is put there instead. The
landmarker counts its outputs, so the list stays as long."""

# Slots of the tables, in the order of schema.fbs and metadata_schema.fbs.
MODEL_SLOTS, GRAPH_SLOTS = 8, 5
MODEL_GRAPHS, MODEL_BUFFERS, MODEL_METADATA = 2, 4, 6
GRAPH_OUTPUTS, GRAPH_OPERATORS = 2, 3
OPERATOR_INPUTS, OPERATOR_OUTPUTS = 1, 2
SCALAR_SLOTS_OF_MODEL = {0}
IMAGE_PROPERTIES, NORMALIZATION_OPTIONS, RGB = 2, 1, 1


def bundle(package: Path, model: str) -> bytes:
    """The .task file of `model`, made from the files of the npm package in the folder `package`."""
    detector = with_metadata((package / DETECTOR).read_bytes(), mean=127.5, std=127.5)
    bare = (package / f"pose_landmark_{model}.tflite").read_bytes()
    landmarks = with_metadata(bare, mean=0.0, std=255.0, outline=False)
    file = io.BytesIO()
    # Stored, as the landmarker maps the networks in the file; a fixed date, so that it stays the same.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, network in (
            ("pose_detector.tflite", detector),
            ("pose_landmarks_detector.tflite", landmarks),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2023, 2, 3, 0, 0, 0)), network)
    return file.getvalue()


def with_metadata(model: bytes, *, mean: float, std: float, outline: bool = True) -> bytes:
    """`model` (TFLite) with metadata that says: pixels 0 to 255 less `mean`, divided by `std`.

    Without `outline`, nothing is computed that only the output `OUTLINE` needs.
    Raises ValueError for bytes that are no TFLite model or that have metadata of this kind already.
    """
    if model[4:8] != b"TFL3":
        raise ValueError("not a TFLite model")
    root = _OldTable(model, struct.unpack_from("<I", model)[0])
    buffers, metadata = root.references(MODEL_BUFFERS), root.references(MODEL_METADATA)
    if any(_OldTable(model, at).text(0) == NAME for at in metadata):
        raise ValueError("the model has metadata already")
    slots = root.slots(MODEL_SLOTS, SCALAR_SLOTS_OF_MODEL)
    if not outline:
        (graph,) = root.references(MODEL_GRAPHS)
        slots[MODEL_GRAPHS] = _Vector([_without_outline(_OldTable(model, graph))])
    said = _Table({0: _Bytes(_write(_metadata(mean, std), b"M001"), align=16)})
    slots[MODEL_BUFFERS] = _Vector([*map(_Old, buffers), said])
    named = _Table({0: _Bytes(NAME, text=True), 1: _Scalar("<I", len(buffers))})
    slots[MODEL_METADATA] = _Vector([*map(_Old, metadata), named])
    return _write(_Table(slots), b"TFL3", model)


def _without_outline(graph: _OldTable) -> _Table:
    outputs = graph.integers(GRAPH_OUTPUTS)
    outputs[OUTLINE] = outputs[IN_ITS_PLACE]
    needed, kept = set(outputs), []
    # Operators stand in the order in which they run.
    for at in reversed(graph.references(GRAPH_OPERATORS)):
        operator = _OldTable(graph.data, at)
        if needed.intersection(operator.integers(OPERATOR_OUTPUTS)):
            needed.update(operator.integers(OPERATOR_INPUTS))
            kept.append(_Old(at))
    return _Table(
        {
            **graph.slots(GRAPH_SLOTS),
            GRAPH_OUTPUTS: _Integers(outputs),
            GRAPH_OPERATORS: _Vector(kept[::-1]),
        }
    )


def _metadata(mean: float, std: float) -> _Table:
    normalization = _Table({0: _Floats([mean]), 1: _Floats([std])})
    image = _Table({0: _Scalar("<b", RGB)})
    tensor = _Table(
        {
            0: _Bytes(b"image", text=True),
            3: _Table({0: _Scalar("<B", IMAGE_PROPERTIES), 1: image}),
            4: _Vector([_Table({0: _Scalar("<B", NORMALIZATION_OPTIONS), 1: normalization})]),
            5: _Table({0: _Floats([(255 - mean) / std]), 1: _Floats([-mean / std])}),
        }
    )
    return _Table({0: _Bytes(b"pose", text=True), 3: _Vector([_Table({2: _Vector([tensor])})])})


# ---- FlatBuffers: a reader of one table, and a writer whose offsets all point forwards


class _OldTable:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]

    def field(self, slot: int) -> int | None:
        """Where the field stands, or None if the table leaves it out."""
        place = 4 + 2 * slot
        if place >= struct.unpack_from("<H", self.data, self.vtable)[0]:
            return None
        offset = struct.unpack_from("<H", self.data, self.vtable + place)[0]
        return self.at + offset if offset else None

    def text(self, slot: int) -> bytes:
        """A string, empty if the table leaves it out."""
        at = self.field(slot)
        if at is None:
            return b""
        at += struct.unpack_from("<I", self.data, at)[0]
        return self.data[at + 4 : at + 4 + struct.unpack_from("<I", self.data, at)[0]]

    def references(self, slot: int) -> list[int]:
        """Where the elements of a vector of tables stand."""
        place, offsets = self._vector(slot, "I")
        return [place + 4 * number + offset for number, offset in enumerate(offsets)]

    def integers(self, slot: int) -> list[int]:
        """The elements of a vector of 32-bit integers."""
        return list(self._vector(slot, "i")[1])

    def _vector(self, slot: int, kind: str) -> tuple[int, tuple[int, ...]]:
        at = self.field(slot)
        if at is None:
            return 0, ()
        at += struct.unpack_from("<I", self.data, at)[0]
        count = struct.unpack_from("<I", self.data, at)[0]
        return at + 4, struct.unpack_from(f"<{count}{kind}", self.data, at + 4)

    def slots(self, count: int, scalars: Set[int] = frozenset()) -> dict[int, _Node]:
        """What the first `count` slots hold: numbers in `scalars`, elsewhere places in the old model."""
        found: dict[int, _Node] = {}
        for slot in range(count):
            at = self.field(slot)
            if at is not None:
                value = struct.unpack_from("<I", self.data, at)[0]
                found[slot] = _Scalar("<I", value) if slot in scalars else _Old(at + value)
        return found


@dataclass(frozen=True, eq=False)
class _Scalar:
    format: str
    value: int


@dataclass(frozen=True, eq=False)
class _Old:
    """Something in the old model, by its place there."""

    at: int


@dataclass(frozen=True, eq=False)
class _Bytes:
    content: bytes
    text: bool = False
    align: int = 4


@dataclass(frozen=True, eq=False)
class _Floats:
    values: Sequence[float]


@dataclass(frozen=True, eq=False)
class _Integers:
    values: Sequence[int]


@dataclass(frozen=True, eq=False)
class _Vector:
    items: Sequence[_Table | _Old]


@dataclass(frozen=True, eq=False)
class _Table:
    slots: dict[int, _Node]


_Node = _Scalar | _Old | _Bytes | _Floats | _Integers | _Vector | _Table


def _write(root: _Table, identifier: bytes, old: bytes = b"") -> bytes:
    """A FlatBuffer of `root`, followed by `old`, which its `_Old` references point into."""
    out = bytearray(4) + identifier
    pending: list[tuple[int, _Node]] = [(0, root)]
    into_old: list[tuple[int, int]] = []
    while pending:
        place, node = pending.pop(0)
        if isinstance(node, _Old):
            into_old.append((place, node.at))
            continue
        at, references = _append(out, node)
        struct.pack_into("<I", out, place, at - place)
        pending += references
    out += bytes(-len(out) % ALIGNMENT)
    for place, at in into_old:
        struct.pack_into("<I", out, place, len(out) + at - place)
    return bytes(out) + old


def _append(out: bytearray, node: _Node) -> tuple[int, list[tuple[int, _Node]]]:
    """Write one node; returns where it stands and the places that are still to point to other nodes."""
    if isinstance(node, _Table):
        return _append_table(out, node)
    if isinstance(node, _Bytes):
        out += bytes(-(len(out) + 4) % node.align)
        at = len(out)
        out += struct.pack("<I", len(node.content)) + node.content + (b"\0" if node.text else b"")
        return at, []
    out += bytes(-len(out) % 4)
    at = len(out)
    if isinstance(node, _Floats | _Integers):
        kind = "f" if isinstance(node, _Floats) else "i"
        out += struct.pack(f"<I{len(node.values)}{kind}", len(node.values), *node.values)
        return at, []
    assert isinstance(node, _Vector)
    out += struct.pack("<I", len(node.items)) + bytes(4 * len(node.items))
    return at, [(at + 4 + 4 * number, item) for number, item in enumerate(node.items)]


def _append_table(out: bytearray, node: _Table) -> tuple[int, list[tuple[int, _Node]]]:
    # Every field has four bytes of its own, whatever its width: no table here is large enough to mind.
    order = sorted(node.slots)
    offsets = {slot: 4 + 4 * number for number, slot in enumerate(order)}
    size = 4 + 4 * len(order)
    entries = [offsets.get(slot, 0) for slot in range(order[-1] + 1)]
    vtable = struct.pack(f"<{2 + len(entries)}H", 4 + 2 * len(entries), size, *entries)
    out += bytes(-(len(out) + len(vtable)) % 4)
    start = len(out)
    out += vtable
    at = len(out)
    out += struct.pack("<i", at - start) + bytes(4 * len(order))
    references: list[tuple[int, _Node]] = []
    for slot in order:
        value, place = node.slots[slot], at + offsets[slot]
        if isinstance(value, _Scalar):
            struct.pack_into(value.format, out, place, value.value)
        else:
            references.append((place, value))
    return at, references
