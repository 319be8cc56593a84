#!/usr/bin/env python3
"""Checks an exported model with Python's own onnx and onnxruntime; nothing of quantsweep is used, and quantsweep never
needs this file. Prints one line of JSON: what onnx.checker says, what ran, and the top-1 accuracy.

    python3 scripts/check-export.py model.onnx --cifar10 test_batch.bin --divide-by 255 \
        --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 [--as-simulated] [--expect 0.9173]
    python3 scripts/check-export.py model.onnx --data x.npy --labels y.npy
    python3 scripts/check-export.py model.onnx --data x.npy --against other.onnx     # outputs instead of labels

Ends with code 1 where the checker refuses the model, or the accuracy is further than --tolerance from --expect.
"""

import argparse
import collections
import json
import os
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort

LEVELS = {
    "disabled": ort.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    "all": ort.GraphOptimizationLevel.ORT_ENABLE_ALL,
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--data", help=".npy of samples, as the model wants them but for the scaling below")
    parser.add_argument("--labels", help=".npy of class numbers")
    parser.add_argument("--cifar10", help="binary batch of CIFAR-10: samples and labels")
    parser.add_argument("--samples", type=int, help="the first so many samples; default: all")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--divide-by", type=float, default=1.0)
    parser.add_argument("--mean", help="numbers by channel, comma separated; after the division")
    parser.add_argument("--std", help="numbers by channel, comma separated")
    parser.add_argument("--level", choices=list(LEVELS), default="all")
    parser.add_argument("--as-simulated", action="store_true", help="session.disable_quant_qdq: fuse nothing")
    parser.add_argument("--entry", action="append", default=[], metavar="KEY=VALUE", help="further session option")
    parser.add_argument("--against", help="a model whose outputs are compared with")
    parser.add_argument("--expect", type=float, help="the stored top-1, 0..1")
    parser.add_argument("--tolerance", type=float, default=0.0)
    return parser.parse_args()


def read_samples(args):
    """Samples in float32 and labels, which may be None."""
    if args.cifar10:
        records = np.fromfile(args.cifar10, dtype=np.uint8).reshape(-1, 3073)[: args.samples]
        x, labels = records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]
    else:
        x = np.load(args.data, mmap_mode="r")[: args.samples]
        labels = None if args.labels is None else np.load(args.labels)[: args.samples]
    x = np.asarray(x, dtype=np.float32) / np.float32(args.divide_by)
    for text, combine in ((args.mean, np.subtract), (args.std, np.divide)):
        if text is not None:
            values = np.array([float(v) for v in text.split(",")], dtype=np.float32)
            x = combine(x, values.reshape([1, -1] + [1] * (x.ndim - 2)))
    return x, labels


def run(path, x, args):
    """The first output over all samples, and nodes by operator as the profile of the first batch tells."""
    options = ort.SessionOptions()
    options.graph_optimization_level = LEVELS[args.level]
    options.log_severity_level = 3
    entries = [entry.split("=", 1) for entry in args.entry]
    if args.as_simulated:
        entries.append(["session.disable_quant_qdq", "1"])
    for key, value in entries:
        options.add_session_config_entry(key, value)
    options.enable_profiling = True
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = os.path.join(folder, "profile")
        session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        outputs = [session.run(None, {name: x[: args.batch]})[0]]
        with open(session.end_profiling(), encoding="utf8") as file:
            events = json.load(file)
    outputs += [
        session.run(None, {name: x[first : first + args.batch]})[0] for first in range(args.batch, len(x), args.batch)
    ]
    kernels = collections.Counter(e["args"]["op_name"] for e in events if e["name"].endswith("_kernel_time"))
    return np.concatenate(outputs), kernels


def check(path):
    try:
        onnx.checker.check_model(path, full_check=True)
        return "ok"
    except Exception as error:  # the checker raises several classes; its words are the answer
        return str(error)


def main():
    args = arguments()
    if not args.cifar10 and not args.data:
        sys.exit("Expected samples: --cifar10 FILE or --data FILE.npy.")
    told = {"checker": check(args.model), "onnx": onnx.__version__, "onnxruntime": ort.__version__}
    x, labels = read_samples(args)
    outputs, kernels = run(args.model, x, args)
    told["samples"] = len(x)
    told["integer_kernels"] = {op: n for op, n in kernels.items() if op.startswith(("QLinear", "QGemm")) or "Integer" in op}
    fails = told["checker"] != "ok"
    if labels is not None:
        told["correct"] = int(np.sum(outputs.argmax(axis=1) == labels))
        told["top1"] = told["correct"] / len(x)
        if args.expect is not None:
            fails = fails or abs(told["top1"] - args.expect) > args.tolerance
    if args.against:
        other, _ = run(args.against, x, args)
        told["max_difference"] = float(np.abs(outputs - other).max())
        told["equal_samples"] = int(np.sum([np.array_equal(a, b) for a, b in zip(outputs, other)]))
    print(json.dumps(told))
    sys.exit(1 if fails else 0)


main()
