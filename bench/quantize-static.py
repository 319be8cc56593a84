"""onnxruntime's own quantize_static beside files that quantsweep exported: accuracy and latency.

    python3 -m venv venv && venv/bin/pip install onnxruntime==1.30.0 onnx numpy
    venv/bin/python bench/quantize-static.py MODEL.onnx CALIBRATION.bin TEST.bin EXPORTED.onnx ...

MODEL takes CIFAR-10 images [N, 3, 32, 32], scaled by ImageNet's mean and deviation, and gives
logits [N, 10]. Both data files are in CIFAR-10's binary format. Calibration: the first 800 images,
MinMax, per channel, QDQ. Every model runs once in each round, in an order that changes; the ratio
is the median over rounds of its time / FP32's, with the 95 % interval of order statistics. One
thread, CPU provider, default options. Let nothing else run meanwhile.
"""

import os
import random
import sys
import tempfile
import time

import numpy as np
import onnxruntime as ort
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

MEAN = np.array([0.485, 0.456, 0.406], np.float32).reshape(1, 3, 1, 1)
STD = np.array([0.229, 0.224, 0.225], np.float32).reshape(1, 3, 1, 1)
ROUNDS = 60
CALIBRATION = 800


def images(path, count=None):
    records = np.fromfile(path, np.uint8).reshape(-1, 3073)[:count]
    pixels = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / np.float32(255)
    return (pixels - MEAN) / STD, records[:, 0]


class Reader(CalibrationDataReader):
    def __init__(self, name, data):
        self.batches = iter({name: data[i : i + 8]} for i in range(0, len(data), 8))

    def get_next(self):
        return next(self.batches, None)


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def accuracy(model, data, labels):
    name = model.get_inputs()[0].name
    right = 0
    for i in range(0, len(data), 50):
        logits = model.run(None, {name: data[i : i + 50]})[0]
        right += int((logits.argmax(1) == labels[i : i + 50]).sum())
    return right


def interval(ratios):
    ordered = sorted(ratios)
    n = len(ordered)
    half = 1.96 * np.sqrt(n) / 2
    low, high = int(np.floor(n / 2 - half)), int(np.ceil(n / 2 + half)) - 1
    return np.median(ordered), ordered[max(0, low)], ordered[min(n - 1, high)]


def main():
    model, calibration, test, *exported = sys.argv[1:]
    data, labels = images(test)
    few, _ = images(calibration, CALIBRATION)
    folder = tempfile.mkdtemp()
    prepared = os.path.join(folder, "prepared.onnx")
    quant_pre_process(model, prepared, skip_symbolic_shape=True)
    name = session(model).get_inputs()[0].name
    paths = {"FP32": model}
    kinds = {"quantize_static U8S8": QuantType.QUInt8, "quantize_static S8S8": QuantType.QInt8}
    for label, activations in kinds.items():
        paths[label] = os.path.join(folder, label.replace(" ", "-") + ".onnx")
        quantize_static(
            prepared,
            paths[label],
            Reader(name, few),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=activations,
            weight_type=QuantType.QInt8,
        )
    for path in exported:
        paths[os.path.basename(path)] = path
    sessions = {label: session(path) for label, path in paths.items()}
    right = {label: accuracy(each, data, labels) for label, each in sessions.items()}
    chance = random.Random(1)
    ratios = {}
    for batch in (1, 8):
        times = {label: [] for label in sessions}
        feed = {label: {each.get_inputs()[0].name: data[:batch]} for label, each in sessions.items()}
        repeats = 8 // batch
        for _ in range(ROUNDS):
            for label in chance.sample(list(sessions), len(sessions)):
                start = time.perf_counter()
                for _ in range(repeats):
                    sessions[label].run(None, feed[label])
                times[label].append(time.perf_counter() - start)
        for label in sessions:
            ratios[label, batch] = interval([a / b for a, b in zip(times[label], times["FP32"])])
    print(f"| file | correct of {len(labels):,} | kB | batch 1 | batch 8 |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for label, path in paths.items():
        cells = ["{:.2f} [{:.2f}, {:.2f}]".format(*ratios[label, batch]) for batch in (1, 8)]
        print(f"| {label} | {right[label]:,} | {os.path.getsize(path) / 1000:.0f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
