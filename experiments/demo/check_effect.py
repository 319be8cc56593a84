"""Measure what SmoothQuant does to the exported demo model: simulated W8A8, numpy + onnxruntime.

    python check_effect.py --data FOLDER [--model bev-demo.onnx] [--calibration 256] [--layers conv|all] [--bits 8]

Symmetric signed, max calibrator, activations per tensor, weights per tensor or per output channel, bias and everything
else float; BatchNormalization folded first, every layer with its own s as quantsweep does.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from bev_metric import DISTANCES, mean_average_precision
from onnx import helper, numpy_helper
from train import load_scenes

LAYER_OPERATORS = {"conv": ("Conv",), "all": ("Conv", "ConvTranspose")}


def fold_batch_norms(model):
    """Return (nodes, weights by name) with each BatchNormalization merged into the convolution before it."""
    weights = {w.name: numpy_helper.to_array(w).astype(np.float64) for w in model.graph.initializer}
    nodes, producer = [], {}
    for node in model.graph.node:
        if node.op_type != "BatchNormalization":
            nodes.append(node)
            producer[node.output[0]] = node
            continue
        layer = producer[node.input[0]]
        scale, bias, mean, variance = (weights.pop(name) for name in node.input[1:])
        epsilon = next(a.f for a in node.attribute if a.name == "epsilon")
        factor = scale / np.sqrt(variance + epsilon)
        axis = 0 if layer.op_type == "Conv" else 1
        weights[layer.input[1]] *= factor.reshape([-1 if i == axis else 1 for i in range(4)])
        name = layer.input[1].replace(".weight", ".bias")
        weights[name] = bias - mean * factor
        layer.input.append(name)
        layer.output[0] = node.output[0]
    return nodes, weights


def build(model, nodes, weights, outputs=None):
    """Return an onnxruntime session (1 thread) of the given nodes and weights."""
    initializers = [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()]
    outs = outputs or list(model.graph.output)
    graph = helper.make_graph(nodes, "check", list(model.graph.input), outs, initializers)
    proto = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])


def run(session, features, batch=16):
    """Return every output over all features: batches joined, per-channel maxima (1-D outputs) reduced by max."""
    parts = [
        session.run(None, {"input": np.asarray(features[i : i + batch], np.float32)})
        for i in range(0, len(features), batch)
    ]
    return [np.concatenate(part) if part[0].ndim == 4 else np.max(part, 0) for part in zip(*parts)]


def observe_absmax(model, nodes, weights, layers, features):
    """Return per-channel absmax [C] of every layer's input."""
    names = sorted({layer.input[0] for layer in layers})
    extra = []
    for name in names:
        extra.append(helper.make_node("Abs", [name], [f"{name}_abs"]))
        extra.append(helper.make_node("ReduceMax", [f"{name}_abs"], [f"{name}_absmax"], axes=[0, 2, 3], keepdims=0))
    outs = [helper.make_tensor_value_info(f"{name}_absmax", onnx.TensorProto.FLOAT, None) for name in names]
    session = build(model, [*nodes, *extra], weights, outs)
    return dict(zip(names, (value.astype(np.float64) for value in run(session, features))))


def fake_quantize(weight, axis, top):
    """Return the weight rounded to symmetric integers up to `top`; per tensor where axis is None."""
    others = tuple(i for i in range(4) if i != axis)
    scale = np.abs(weight).max(others, keepdims=True) / top
    scale[scale == 0] = 1
    return np.clip(np.rint(weight / scale), -top - 1, top) * scale


def quantize(nodes, weights, layers, absmax, alpha, per_channel, bits):
    """Return (nodes, weights) with every layer's input and weight quantized; alpha None means s = 1."""
    top = 2 ** (bits - 1) - 1
    weights, done = dict(weights), []
    layer_names = {layer.name for layer in layers}
    for node in nodes:
        if node.name not in layer_names:
            done.append(node)
            continue
        source, name = node.input[0], node.input[1]
        is_conv = node.op_type == "Conv"
        fan_in, fan_out = (1, 0) if is_conv else (0, 1)
        act, weight = absmax[source], weights[name]
        wt = np.abs(weight).max(tuple(i for i in range(4) if i != fan_in))
        s = np.ones_like(act)
        if alpha is not None:
            alive = (act > 1e-9) & (wt > 1e-9)
            s[alive] = act[alive] ** alpha / wt[alive] ** (1 - alpha)
        shape = [-1 if i == fan_in else 1 for i in range(4)]
        weights[name] = fake_quantize(weight * s.reshape(shape), fan_out if per_channel else None, top)
        scale = (act / s).max() / top
        # Clip(Round(x / d)) * q with d = s * q; the weight above carries s.
        tag = node.name.replace("/", "_")
        weights[f"{tag}_divisor"] = (s * scale).reshape(1, -1, 1, 1)
        weights[f"{tag}_step"] = np.array(scale)
        weights[f"{tag}_low"], weights[f"{tag}_high"] = np.array(-top - 1.0), np.array(float(top))
        done.append(helper.make_node("Div", [source, f"{tag}_divisor"], [f"{tag}_d"]))
        done.append(helper.make_node("Round", [f"{tag}_d"], [f"{tag}_r"]))
        done.append(helper.make_node("Clip", [f"{tag}_r", f"{tag}_low", f"{tag}_high"], [f"{tag}_c"]))
        done.append(helper.make_node("Mul", [f"{tag}_c", f"{tag}_step"], [f"{tag}_q"]))
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[0] = f"{tag}_q"
        done.append(copy)
    return done, weights


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", default=str(Path(__file__).with_name("bev-demo.onnx")))
    parser.add_argument("--calibration", type=int, default=256)
    parser.add_argument("--layers", choices=LAYER_OPERATORS, default="all")
    parser.add_argument("--bits", type=int, default=8)
    parser.add_argument("--ranges", action="store_true", help="print the spread of channel ranges of each layer")
    args = parser.parse_args()

    model = onnx.load(args.model)
    features, truth = load_scenes(args.data, "eval")
    calibration, _ = load_scenes(args.data, "calib")
    plain = ort.SessionOptions()
    plain.intra_op_num_threads = 1
    session = ort.InferenceSession(args.model, plain, providers=["CPUExecutionProvider"])
    start = time.perf_counter()
    heatmaps = run(session, features)[0]
    seconds = time.perf_counter() - start
    score, table = mean_average_precision(heatmaps, truth)
    print(f"FP32 mAP {score:.4f}, {seconds:.2f} s for {len(features)} scenes, one thread")
    for name, row in zip(truth["classes"], table):
        print(f"  {name:10}", " ".join(f"AP@{d}: {v:.4f}" for d, v in zip(DISTANCES, row)))

    nodes, weights = fold_batch_norms(model)
    layers = [node for node in nodes if node.op_type in LAYER_OPERATORS[args.layers]]
    absmax = observe_absmax(model, nodes, weights, layers, calibration[: args.calibration])
    if args.ranges:
        for layer in layers:
            act = absmax[layer.input[0]]
            alive = act[act > 1e-9]
            print(f"  {layer.name:12} absmax {act.max():9.3f}, over median {alive.max() / np.median(alive):6.1f}, "
                  f"over smallest {alive.max() / alive.min():8.1f}, dead {len(act) - len(alive)}")
    print("alpha       W per tensor   W per channel")
    for alpha in [None, *(round(0.05 + 0.1 * i, 2) for i in range(10))]:
        scores = []
        for per_channel in (False, True):
            trial = build(model, *quantize(nodes, weights, layers, absmax, alpha, per_channel, args.bits))
            scores.append(mean_average_precision(run(trial, features)[0], truth)[0])
        name = "unsmoothed" if alpha is None else str(alpha)
        print(f"{name:<12}{scores[0]:.4f}         {scores[1]:.4f}", flush=True)


if __name__ == "__main__":
    main()
