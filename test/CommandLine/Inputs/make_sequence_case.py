# make_sequence_case.py - write a backend test case whose input is a sequence, which no tensor reader can read
#
# The messages are encoded by hand (field number << 3 | wire type), so that no protobuf package is needed.
import pathlib
import sys


def field(number, payload):
    if isinstance(payload, int):
        return bytes([number << 3, payload])
    return bytes([number << 3 | 2, len(payload)]) + payload


tensor = field(1, field(1, 1))  # TypeProto.tensor_type of floats
sequence = field(4, field(1, tensor))
graph = field(1, field(1, b"s") + field(2, b"n") + field(4, b"SequenceLength"))
graph += field(2, b"g") + field(11, field(1, b"s") + field(2, sequence))
graph += field(12, field(1, b"n") + field(2, field(1, field(1, 7))))
model = field(1, 8) + field(7, graph) + field(8, field(2, 17))

folder = pathlib.Path(sys.argv[1])
(folder / "model.onnx").write_bytes(model)
(folder / "test_data_set_0" / "input_0.pb").write_bytes(field(2, 1) + field(3, b"\x01"))
