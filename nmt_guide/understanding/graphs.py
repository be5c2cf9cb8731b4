"""ONNX graphs with 8-bit weights, run by ONNX Runtime: the encoder and the small networks over it.

What a message costs is mostly the time in which weights come from memory; these are a quarter as many bytes. One core
runs a graph: under load on the other one, more threads get slower.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from logging import ERROR, getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import onnx
    import onnxruntime


class GraphBuilder:
    """Collects the nodes and constants of a graph."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        """The name of a constant; one that is there already is kept."""
        from onnx import numpy_helper

        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def number(self, name: str, value: float) -> str:
        """The same for a single number."""
        return self.constant(name, np.array(value, dtype=np.float32))

    def node(self, operator: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """Add an operation; its output's name."""
        from onnx import helper

        output = output or f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def model(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        """The checked model."""
        import onnx
        from onnx import helper

        graph = helper.make_graph(self._nodes, name, inputs, outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model


def quantized(model: onnx.ModelProto) -> bytes:
    """The model with 8-bit weights and a scale for each channel: a quarter of the size.

    In the encoder that costs 0.2-0.8 points of accuracy; one scale for a whole tensor costs up to 6 points.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = getLogger()
    level, root.level = root.level, ERROR  # it advises a preprocessing step that changes nothing here
    try:
        with tempfile.TemporaryDirectory() as scratch:
            small = Path(scratch, "small.onnx")
            quantize_dynamic(
                model,
                small,
                per_channel=True,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=["MatMul", "Gather"],
            )
            return small.read_bytes()
    finally:
        root.level = level


def session(graph: Path | bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """What runs a graph.

    Args:
        graph: the model, or its file.
        threads: cores for one run.
    """
    import onnxruntime

    options: Any = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Spinning threads would burn the second core between messages.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = graph if isinstance(graph, bytes) else str(graph)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
