"""The bundles hold the package's networks: how pixels go in is added, the outline of the person left out."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pose_bundle
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from nextposture.pose import parts

PACKAGE = Path(__file__).parents[2] / "node_modules" / pose_bundle.PACKAGE


def outputs(network: bytes) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=network)
    interpreter.allocate_tensors()
    (taken,) = interpreter.get_input_details()
    values = np.random.default_rng(5).random(taken["shape"], np.float32)
    interpreter.set_tensor(taken["index"], values)
    interpreter.invoke()
    return [interpreter.get_tensor(one["index"]) for one in interpreter.get_output_details()]


@pytest.mark.parametrize(
    ("name", "number"),
    [(pose_bundle.DETECTOR, 0), ("pose_landmark_full.tflite", 1)],
    ids=["detector", "full"],
)
def test_a_network_computes_the_same_as_the_one_it_was_made_from(name: str, number: int) -> None:
    bare = (PACKAGE / name).read_bytes()
    bundled = parts.networks("full")[number]
    assert bundled.endswith(bare)
    same = [np.array_equal(one, other) for one, other in zip(outputs(bare), outputs(bundled), strict=True)]
    # All but the outline of the person, which is left out.
    assert [at for at, one in enumerate(same) if not one] == ([pose_bundle.OUTLINE] if number else [])


def test_nothing_computes_the_outline_of_the_person() -> None:
    def computed(network: bytes) -> set[int]:
        bare_steps = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = Interpreter(model_content=network, experimental_op_resolver_type=bare_steps)
        return {int(made) for step in interpreter._get_ops_details() for made in step["outputs"]}

    bare = (PACKAGE / "pose_landmark_full.tflite").read_bytes()
    outline = Interpreter(model_content=bare).get_output_details()[pose_bundle.OUTLINE]
    assert list(outline["shape"]) == [1, 256, 256, 1]
    assert outline["index"] in computed(bare)
    assert outline["index"] not in computed(parts.networks("full")[1])


@pytest.mark.parametrize("model", parts.MODELS)
def test_the_packaged_bundle_is_the_one_that_the_lock_says(model: parts.Model) -> None:
    file = parts.FOLDER / f"pose_landmarker_{model}.task"
    assert file.read_bytes() == pose_bundle.bundle(PACKAGE, model)
    with zipfile.ZipFile(file) as bundle:
        assert {one.compress_type for one in bundle.infolist()} == {zipfile.ZIP_STORED}


def test_how_pixels_go_in_is_read_back_by_another_reader() -> None:
    flatbuffers = pytest.importorskip("flatbuffers")
    model = pose_bundle.with_metadata((PACKAGE / pose_bundle.DETECTOR).read_bytes(), mean=127.5, std=127.5)

    def field(table, slot):  # type: ignore[no-untyped-def]
        return table.Offset(4 + 2 * slot)

    def tables(table, slot):  # type: ignore[no-untyped-def]
        start = table.Vector(field(table, slot))
        count = table.VectorLen(field(table, slot))
        return [flatbuffers.table.Table(table.Bytes, table.Indirect(start + 4 * at)) for at in range(count)]

    def root(data):  # type: ignore[no-untyped-def]
        return flatbuffers.table.Table(bytearray(data), struct.unpack_from("<I", data)[0])

    top = root(model)
    named = tables(top, 6)[-1]
    assert named.String(field(named, 0) + named.Pos) == b"TFLITE_METADATA"
    number = named.Get(flatbuffers.number_types.Uint32Flags, field(named, 1) + named.Pos)
    buffer = tables(top, 4)[number]
    start, size = buffer.Vector(field(buffer, 0)), buffer.VectorLen(field(buffer, 0))
    said = bytes(buffer.Bytes[start : start + size])
    assert said[4:8] == b"M001"
    tensor = tables(tables(root(said), 3)[0], 2)[0]
    unit = tables(tensor, 4)[0]
    options = flatbuffers.table.Table(unit.Bytes, unit.Indirect(field(unit, 1) + unit.Pos))
    for slot in (0, 1):
        at = options.Vector(field(options, slot))
        assert options.Get(flatbuffers.number_types.Float32Flags, at) == 127.5


def test_what_is_no_bare_network_is_refused() -> None:
    with pytest.raises(ValueError, match="not a TFLite model"):
        pose_bundle.with_metadata(b"PK\x03\x04 something else", mean=0.0, std=1.0)
    with pytest.raises(ValueError, match="already"):
        pose_bundle.with_metadata(parts.networks("lite")[0], mean=0.0, std=1.0)
