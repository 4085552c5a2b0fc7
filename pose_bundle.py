"""Build step: make the bundles that MediaPipe's pose landmarker loads, from the networks in @mediapipe/pose.

npm's package has the networks as bare TFLite files. The landmarker asks in addition how pixels are
normalised, as a FlatBuffer (schema `metadata_schema.fbs` of TensorFlow Lite, identifier M001) kept in a
buffer of the model. A model is not written anew for that: a new root table with the longer lists of buffers
and metadata goes in front of it, and everything else stays where it is, byte for byte, as FlatBuffers only
point forwards.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
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

# Slots of the tables, in the order of schema.fbs and metadata_schema.fbs.
MODEL_SLOTS = 8
MODEL_BUFFERS, MODEL_METADATA = 4, 6
SCALAR_SLOTS_OF_MODEL = {0}
IMAGE_PROPERTIES, NORMALIZATION_OPTIONS, RGB = 2, 1, 1


def bundle(package: Path, model: str) -> bytes:
    """The .task file of `model`, made from the files of the npm package in the folder `package`."""
    detector = with_metadata((package / DETECTOR).read_bytes(), mean=127.5, std=127.5)
    landmarks = with_metadata((package / f"pose_landmark_{model}.tflite").read_bytes(), mean=0.0, std=255.0)
    file = io.BytesIO()
    # Stored, as the landmarker maps the networks in the file; a fixed date, so that it stays the same.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, network in (
            ("pose_detector.tflite", detector),
            ("pose_landmarks_detector.tflite", landmarks),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2023, 2, 3, 0, 0, 0)), network)
    return file.getvalue()


def with_metadata(model: bytes, *, mean: float, std: float) -> bytes:
    """`model` (TFLite) with metadata that says: pixels 0 to 255 less `mean`, divided by `std`.

    Raises ValueError for bytes that are no TFLite model or that have metadata of this kind already.
    """
    if model[4:8] != b"TFL3":
        raise ValueError("not a TFLite model")
    root = _OldTable(model, struct.unpack_from("<I", model)[0])
    buffers, metadata = root.references(MODEL_BUFFERS), root.references(MODEL_METADATA)
    if any(_OldTable(model, at).text(0) == NAME for at in metadata):
        raise ValueError("the model has metadata already")
    slots: dict[int, _Node] = {}
    for slot in range(MODEL_SLOTS):
        at = root.field(slot)
        if at is not None:
            slots[slot] = (
                _Scalar("<I", struct.unpack_from("<I", model, at)[0])
                if slot in SCALAR_SLOTS_OF_MODEL
                else _Old(at + struct.unpack_from("<I", model, at)[0])
            )
    said = _Table({0: _Bytes(_write(_metadata(mean, std), b"M001"), align=16)})
    slots[MODEL_BUFFERS] = _Vector([*map(_Old, buffers), said])
    named = _Table({0: _Bytes(NAME, text=True), 1: _Scalar("<I", len(buffers))})
    slots[MODEL_METADATA] = _Vector([*map(_Old, metadata), named])
    return _write(_Table(slots), b"TFL3", model)


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
        at = self.field(slot)
        if at is None:
            return []
        at += struct.unpack_from("<I", self.data, at)[0]
        count = struct.unpack_from("<I", self.data, at)[0]
        places = range(at + 4, at + 4 + 4 * count, 4)
        return [place + struct.unpack_from("<I", self.data, place)[0] for place in places]


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
class _Vector:
    items: Sequence[_Table | _Old]


@dataclass(frozen=True, eq=False)
class _Table:
    slots: dict[int, _Node]


_Node = _Scalar | _Old | _Bytes | _Floats | _Vector | _Table


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
    if isinstance(node, _Floats):
        out += struct.pack(f"<I{len(node.values)}f", len(node.values), *node.values)
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
