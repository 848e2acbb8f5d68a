#!/usr/bin/env python3
"""Makes the cases of this folder: one model per operator, with the outputs of ONNX Runtime, or of numpy, as the
expected ones.

Usage: make-cases.py [FOLDER]; needs onnx, onnxruntime and numpy. A case has the layout of ONNX's backend tests.
"""
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
MS, ML = "com.microsoft", "ai.onnx.ml"


def floats(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


def write(path, arrays):
    for i, (name, array) in enumerate(arrays.items()):
        (path.parent / f"{path.name}_{i}.pb").write_bytes(numpy_helper.from_array(array, name).SerializeToString())


def execute(model, wanted, fed):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(wanted, fed)


def case(name, op, inputs, outputs=1, domain=MS, constants=(), same_as=None, found=None, ml=3, **attributes):
    """One node; an input of None is left out, those named in `constants` become initializers. `found` are the expected
    outputs where ONNX Runtime is not asked; `same_as` are inputs that give the same result, for forms that it does not
    run on a CPU."""
    names = [f"i{k}" if value is not None else "" for k, value in enumerate(inputs)]
    results = [f"o{k}" for k in range(outputs)] if isinstance(outputs, int) else list(outputs)
    node = helper.make_node(op, names, results, name=name, domain=domain, **attributes)
    fed = {n: v for n, v in zip(names, inputs) if v is not None}
    held = [numpy_helper.from_array(v, n) for n, v in fed.items() if n in constants]
    fed = {n: v for n, v in fed.items() if n not in constants}
    value = lambda n, v: helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
    wanted = [n for n in results if n]
    if same_as:
        case(name, op, same_as, outputs, domain, constants, **attributes)
        found = [numpy_helper.to_array(onnx.TensorProto.FromString(path.read_bytes()))
                 for path in sorted((FOLDER / name / "test_data_set_0").glob("output_*.pb"))]

    def model(values):
        graph = helper.make_graph([node], name, [value(n, v) for n, v in fed.items()], values, held)
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MS, 1), helper.make_opsetid(ML, ml)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)

    folder = FOLDER / name / "test_data_set_0"
    if found is None:
        found = execute(model([onnx.ValueInfoProto(name=n) for n in wanted]), wanted, fed)
    for old in folder.glob("*.pb"):
        old.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    typed = [value(n, v) for n, v in zip(wanted, found)]
    (FOLDER / name / "model.onnx").write_bytes(model(typed).SerializeToString())
    write(folder / "input", fed)
    write(folder / "output", dict(zip(wanted, found)))


RANDOM = np.random.default_rng(7)


def fused():
    case("gelu", "Gelu", [floats(3, 4) * 3])
    case("bias_gelu", "BiasGelu", [floats(2, 3, 4), floats(4)])
    case("fast_gelu", "FastGelu", [floats(3, 4) * 2])
    case("fast_gelu_bias", "FastGelu", [floats(2, 3, 4), floats(4)])
    case("quick_gelu", "QuickGelu", [floats(3, 4)], alpha=1.5)
    case("fused_matmul", "FusedMatMul", [floats(2, 3, 4), floats(2, 3, 5)], transA=1, alpha=0.5)
    case("fused_matmul_batch", "FusedMatMul", [floats(3, 2, 4), floats(5, 2, 4)], transBatchA=1, transBatchB=1,
         transB=1)
    case("fused_gemm", "FusedGemm", [floats(3, 4), floats(5, 4), floats(5)], transB=1, alpha=0.5, beta=2.0,
         activation="LeakyRelu", activation_alpha=0.1)
    case("fused_conv", "FusedConv", [floats(1, 2, 5, 5), floats(3, 2, 3, 3), floats(3), floats(1, 3, 5, 5)],
         pads=[1, 1, 1, 1], activation="Relu")
    case("fused_conv_clip", "FusedConv", [floats(1, 2, 4), floats(2, 1, 2)], group=2, activation="Clip",
         activation_params=[-0.5, 0.5])
    case("skip_layer_norm", "SkipLayerNormalization",
         [floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8), floats(8)], ["o0", "", "", "o3"], epsilon=1e-5)
    case("skip_layer_norm_broadcast", "SkipLayerNormalization", [floats(2, 3, 8), floats(3, 8), floats(8)])
    case("skip_rms_norm", "SkipSimplifiedLayerNormalization", [floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8)],
         ["o0", "", "", "o3"], epsilon=1e-6)
    case("rms_norm", "SimplifiedLayerNormalization", [floats(2, 3, 8), floats(8)], domain="", epsilon=1e-6)
    words = RANDOM.integers(0, 6, (2, 4)).astype(np.int32)
    segments = RANDOM.integers(0, 2, (2, 4)).astype(np.int32)
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], np.int32)
    tables = [floats(6, 8), floats(5, 8), floats(2, 8), floats(8), floats(8)]
    case("embed_layer_norm", "EmbedLayerNormalization", [words, segments] + tables + [mask], 3, epsilon=1e-5)
    case("embed_layer_norm_positions", "EmbedLayerNormalization",
         [words, None, tables[0], tables[1], None, tables[3], tables[4], None, words[:, ::-1] % 5], 2)


def attention():
    x, w, b = floats(2, 3, 8), floats(8, 24), floats(24)
    case("attention", "Attention", [x, w, b], num_heads=2)
    case("attention_causal_past", "Attention", [x, w, b, None, floats(2, 2, 2, 2, 4)], 2, num_heads=2, unidirectional=1)
    case("attention_mask", "Attention", [x, w, b, np.array([[1, 1, 0], [1, 0, 0]], np.int32)], num_heads=2, scale=0.3)
    case("attention_lengths", "Attention", [x, w, b, np.array([3, 2], np.int32)], num_heads=2)
    case("attention_ranges", "Attention", [x, w, b, np.array([3, 3, 0, 1], np.int32)], num_heads=2)
    case("attention_bias", "Attention", [x, w, b, None, None, floats(1, 2, 3, 3)], num_heads=2)
    q, k, v = floats(2, 3, 8), floats(2, 5, 8), floats(2, 5, 8)
    case("mha", "MultiHeadAttention", [q, k, v, floats(24)], num_heads=2)
    case("mha_mask", "MultiHeadAttention", [q, k, v, None, np.array([[1, 1, 1, 0, 0], [1] * 5], np.int32)], num_heads=2)
    case("mha_bias_past", "MultiHeadAttention",
         [q, k[:, :3], v[:, :3], None, None, floats(1, 2, 3, 5), floats(2, 2, 2, 4), floats(2, 2, 2, 4)], 3,
         num_heads=2, unidirectional=1)
    packed = floats(2, 3, 2, 3, 4)
    apart = [packed[:, :, :, part].reshape(2, 3, 8) for part in range(3)]
    case("mha_packed", "MultiHeadAttention", [packed], same_as=apart, num_heads=2)
    packed = np.stack([k.reshape(2, 5, 2, 4), v.reshape(2, 5, 2, 4)], 3)
    case("mha_packed_kv", "MultiHeadAttention", [q, packed], same_as=[q, k, v], num_heads=2)
    case("mha_cross", "MultiHeadAttention", [q, floats(2, 2, 5, 4), floats(2, 2, 5, 4)], num_heads=2)
    angles = floats(10, 4)
    cos, sin = np.cos(angles), np.sin(angles)
    case("rotary", "RotaryEmbedding", [floats(2, 3, 16), np.array([[0, 1, 2], [4, 5, 6]]), cos, sin])
    case("rotary_offset", "RotaryEmbedding", [floats(2, 2, 3, 8), np.array([3]), cos, sin], interleaved=1)
    case("rotary_part", "RotaryEmbedding", [floats(1, 3, 24), np.array([2]), cos, sin], num_heads=2,
         rotary_embedding_dim=8)


def group_attention():
    def group(name, inputs, outputs=3, **attributes):
        case(name, "GroupQueryAttention", inputs, outputs, constants=("i6",), num_heads=2, kv_num_heads=1, **attributes)

    def total(n):
        return np.array(n, np.int32)

    angles = floats(12, 8)
    tables = [np.cos(angles), np.sin(angles)]
    q, k, v = floats(2, 3, 32), floats(2, 3, 16), floats(2, 3, 16)
    last = np.array([2, 2], np.int32)
    none = np.zeros((2, 1, 0, 16), np.float32)
    group("gqa_prompt", [q, k, v, None, None, last, total(3)])
    group("gqa_packed_rotary", [floats(2, 3, 64), None, None, none, none, last, total(3)] + tables, do_rotary=1)
    past = [floats(2, 1, 4, 16), floats(2, 1, 4, 16)]
    step = [q[:, :1], k[:, :1], v[:, :1]] + past
    group("gqa_step", step + [np.array([4, 4], np.int32), total(5)] + tables, do_rotary=1, rotary_interleaved=1)
    group("gqa_ragged", step + [np.array([4, 2], np.int32), total(5)])
    group("gqa_window", step + [np.array([4, 4], np.int32), total(5)], local_window_size=2, softcap=5.0, scale=0.5)


def classic():
    def classify(name, op, inputs, **attributes):
        case(name, op, inputs, 2, domain=ML, **attributes)

    def compute(name, op, inputs, **attributes):
        case(name, op, inputs, domain=ML, **attributes)

    # Two trees: the first tests twice, the second once.
    nodes = dict(nodes_treeids=[0, 0, 0, 0, 0, 1, 1, 1], nodes_nodeids=[0, 1, 2, 3, 4, 0, 1, 2],
                 nodes_featureids=[0, 1, 0, 0, 0, 2, 0, 0], nodes_values=[0.0, 0.5, 0.0, 0.0, 0.0, -0.2, 0.0, 0.0],
                 nodes_truenodeids=[1, 3, 0, 0, 0, 1, 0, 0], nodes_falsenodeids=[2, 4, 0, 0, 0, 2, 0, 0])
    leaf = "LEAF"

    def modes(first, second, third):
        return [first, second, leaf, leaf, leaf, third, leaf, leaf]

    leq = modes("BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LEQ")
    mixed = modes("BRANCH_LT", "BRANCH_GTE", "BRANCH_GT")
    leaves = dict(treeids=[0, 0, 0, 1, 1], nodeids=[2, 3, 4, 1, 2])

    def weights(prefix, ids, values):
        return {f"{prefix}_treeids": leaves["treeids"], f"{prefix}_nodeids": leaves["nodeids"], f"{prefix}_ids": ids,
                f"{prefix}_weights": values}

    x = floats(6, 3)
    x[0] = [0, 0.5, -0.2]
    single = weights("target", [0] * 5, [1.0, 2.0, 3.0, 10.0, 20.0])
    compute("trees", "TreeEnsembleRegressor", [x], nodes_modes=leq, n_targets=1, base_values=[0.5], **nodes, **single)
    double = weights("target", [0, 1, 0, 1, 0], [1.0, 2.0, 3.0, 10.0, 20.0])
    for aggregate in ("SUM", "AVERAGE", "MIN", "MAX"):
        compute(f"trees_{aggregate.lower()}", "TreeEnsembleRegressor", [x], nodes_modes=mixed, n_targets=2,
                aggregate_function=aggregate, **nodes, **double)
    holes = x.copy()
    holes[1, 0] = holes[2, 2] = np.nan
    compute("trees_missing", "TreeEnsembleRegressor", [holes], nodes_modes=leq, n_targets=1,
            nodes_missing_value_tracks_true=[1, 0, 0, 0, 0, 0, 0, 0], **nodes, **single)
    classes = weights("class", [0, 1, 2, 1, 0], [0.5, 0.25, 0.75, 0.5, 0.125])
    for transform in ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO"):
        classify(f"forest_{transform.lower()}", "TreeEnsembleClassifier", [x], nodes_modes=leq,
                 classlabels_int64s=[7, 8, 9], post_transform=transform, **nodes, **classes)
    positive = weights("class", [0] * 5, [0.5, 0.25, 0.0, 0.5, 0.125])
    classify("forest_two", "TreeEnsembleClassifier", [x], nodes_modes=leq, classlabels_int64s=[3, 4], **nodes,
             **positive)
    signed = weights("class", [0] * 5, [0.5, -0.25, -1.0, 0.5, -0.125])
    classify("forest_two_logistic", "TreeEnsembleClassifier", [x], nodes_modes=leq, classlabels_int64s=[3, 4],
             post_transform="LOGISTIC", base_values=[0.1], **nodes, **signed)

    compute("linear", "LinearRegressor", [x], coefficients=[1.0, -2.0, 0.5, 0.0, 3.0, 1.0], intercepts=[0.5, -0.5],
            targets=2)
    for transform in ("NONE", "LOGISTIC", "SOFTMAX"):
        classify(f"linear_classes_{transform.lower()}", "LinearClassifier", [x],
                 coefficients=[1.0, -2.0, 0.5, 0.0, 3.0, 1.0, -1.0, 0.5, 2.0], intercepts=[0.5, -0.5, 0.0],
                 classlabels_ints=[5, 6, 7], post_transform=transform)
        classify(f"linear_two_{transform.lower()}", "LinearClassifier", [x], coefficients=[1.0, -2.0, 0.5],
                 intercepts=[0.25], classlabels_ints=[5, 6], post_transform=transform)
    vectors = [float(v) for v in floats(12)]
    for kernel in ("LINEAR", "POLY", "RBF", "SIGMOID"):
        compute(f"svm_{kernel.lower()}", "SVMRegressor", [x], kernel_type=kernel, kernel_params=[0.3, 0.1, 2.0],
                support_vectors=vectors, coefficients=[0.5, -1.0, 0.25, 2.0], n_supports=4, rho=[0.125])
    compute("svm_one_class", "SVMRegressor", [x], kernel_type="RBF", kernel_params=[0.3, 0.0, 0.0], one_class=1,
            support_vectors=vectors, coefficients=[0.5, -1.0, 0.25, 2.0], n_supports=4, rho=[-0.3])
    machine = dict(kernel_type="RBF", kernel_params=[0.3, 0.0, 0.0], support_vectors=vectors)
    classify("svm_classes", "SVMClassifier", [x], coefficients=[0.5, -1.0, 0.25, 2.0, 1.0, 0.5, -0.5, -2.0],
             vectors_per_class=[1, 2, 1], rho=[0.1, -0.2, 0.3], classlabels_ints=[4, 5, 6], **machine)
    classify("svm_two", "SVMClassifier", [x], coefficients=[0.5, -1.0, 0.25, 2.0], vectors_per_class=[2, 2],
             rho=[0.1], classlabels_ints=[4, 5], **machine)
    classify("svm_two_probabilities", "SVMClassifier", [x], coefficients=[0.5, -1.0, 0.25, 2.0],
             vectors_per_class=[2, 2], rho=[0.1], prob_a=[-1.5], prob_b=[0.2], classlabels_ints=[4, 5], **machine)
    classify("svm_linear_classes", "SVMClassifier", [x], coefficients=[0.5, -1.0, 0.25, 2.0, 1.0, 0.5, -0.5, -2.0, 1.0],
             kernel_type="LINEAR", kernel_params=[0.0] * 3, rho=[0.1], classlabels_ints=[4, 5, 6])
    whole = RANDOM.integers(-3, 4, (3, 4))
    compute("scaler", "Scaler", [x], offset=[0.5, 1.0, -1.0], scale=[2.0, 0.5, 1.0])
    compute("scaler_integers", "Scaler", [whole], offset=[1.0], scale=[0.5])
    for norm in ("MAX", "L1", "L2"):
        compute(f"normalizer_{norm.lower()}", "Normalizer", [np.abs(x)], norm=norm)
    compute("imputer", "Imputer", [holes], imputed_value_floats=[1.0, 2.0, 3.0], replaced_value_float=float("nan"))
    compute("imputer_integers", "Imputer", [whole], imputed_value_int64s=[9], replaced_value_int64=0)
    compute("binarizer", "Binarizer", [x], threshold=0.25)
    compute("columns", "ArrayFeatureExtractor", [x, np.array([[2, 0]])])
    compute("labels", "LabelEncoder", [whole], keys_int64s=[-1, 0, 2], values_floats=[0.5, 1.5, 2.5], default_float=-7.0)
    compute("labels_floats", "LabelEncoder", [np.array([1, np.nan, 3], np.float32)], keys_floats=[1.0, float("nan")],
            values_int64s=[10, 20], default_int64=-3)
    compute("labels_nan", "LabelEncoder", [np.array([1, np.nan, 3], np.float32)], keys_floats=[1.0, float("nan")],
            values_int64s=[10, 20], default_int64=-3, ml=4)
    compute("one_hot", "OneHotEncoder", [whole], cats_int64s=[-1, 0, 2])
    compute("vectorizer", "FeatureVectorizer", [x, floats(6, 2)], inputdimensions=[3, 2])


def general():
    def einsum(name, equation, *shapes):
        operands = [floats(*shape) for shape in shapes]
        expected = np.asarray(np.einsum(equation.replace(" ", ""), *operands), np.float32)
        case(name, "Einsum", operands, domain="", found=[expected], equation=equation)

    einsum("einsum_broadcast", "...ij,...jk->...ik", (2, 1, 3, 4), (5, 4, 2))
    einsum("einsum_ellipsis_summed", "i...->...", (3, 2, 2))
    einsum("einsum_diagonals", "...ii->...i", (2, 3, 3))
    einsum("einsum_trace", "ii", (3, 3))
    einsum("einsum_implicit", "ba,b", (2, 3), (2,))
    einsum("einsum_capitals", "aB,Bc", (2, 3), (3, 2))
    einsum("einsum_spaces", " a b , b c -> c a ", (2, 3), (3, 4))
    einsum("einsum_apart", "ij,kl->", (2, 3), (4, 2))
    einsum("einsum_chain", "ij,jk,kl,lm->mi", (2, 3), (3, 4), (4, 2), (2, 3))
    einsum("einsum_scalar_operand", ",ij->ij", (), (2, 2))
    whole = RANDOM.integers(-5, 5, (2, 3)), RANDOM.integers(-5, 5, (3, 4))
    case("einsum_integers", "Einsum", list(whole), domain="", found=[whole[0] @ whole[1]], equation="ij,jk->ik")

    def determinant(name, matrices):
        expected = np.asarray(np.linalg.det(matrices.astype(np.float64)), np.float32)
        case(name, "Det", [matrices], domain="", found=[expected])

    determinant("det_one", floats(2, 1, 1))
    determinant("det_batch", floats(2, 4, 4))
    determinant("det_zero_pivot", np.array([[0, 1, 2], [1, 0, 3], [4, 5, 0]], np.float32))
    singular = np.array([[1, 2, 3], [2, 4, 6], [1, 0, 1]], np.float32)
    case("det_singular", "Det", [singular], domain="", found=[np.float32(0).reshape(())])


def transposed():
    """What ONNX's own cases of ConvTranspose leave out: strides together with dilations, with groups, and pads that are
    no multiples of the stride."""
    def convolution(name, image, weight, **attributes):
        case(name, "ConvTranspose", [floats(*image), floats(*weight)], domain="", **attributes)

    convolution("transposed_conv_even", (1, 3, 4, 5), (3, 16, 4, 4), strides=[2, 2], pads=[1, 1, 1, 1])
    convolution("transposed_conv_dilations", (1, 4, 5, 3), (4, 2, 3, 5), strides=[2, 3], dilations=[3, 2],
                pads=[0, 2, 0, 2], output_padding=[1, 1])
    convolution("transposed_conv_groups", (1, 8, 6, 4), (8, 2, 4, 2), strides=[3, 3], dilations=[1, 2], group=2,
                pads=[2, 2, 1, 2])
    convolution("transposed_conv_gaps", (2, 2, 4), (2, 3, 1), strides=[3], output_padding=[2])


if __name__ == "__main__":
    for family in (fused, attention, group_attention, classic, general, transposed):
        RANDOM = np.random.default_rng(7)
        family()
