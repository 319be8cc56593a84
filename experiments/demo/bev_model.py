"""The demo's detector: the torch module, and its ONNX graph written node by node (no exporter, no shape nodes)."""

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

GRID = 48
CHANNELS = 8
CLASSES = 3
# Gammas start log-normal with this deviation instead of at 1, so that channels of one tensor end up with different
# ranges, as trained networks often show; smoothing is about that. A choice of training: nothing is rescaled afterwards.
GAMMA_SPREAD = 1.5

# name: (kind, inputs, in channels, out channels, kernel, stride, followed by). "conv" pads to keep the grid / stride;
# "up" is a ConvTranspose with kernel = stride. Inputs are concatenated; "+name" is added instead, before the ReLU.
LAYERS = {
    "stem": ("conv", ["input"], 8, 16, 3, 1, "bn relu"),
    "down1": ("conv", ["stem"], 16, 48, 3, 2, "bn relu"),
    "mid1": ("conv", ["down1"], 48, 48, 3, 1, "bn relu"),
    "mid2": ("conv", ["mid1"], 48, 48, 3, 1, "bn relu"),
    "down2": ("conv", ["mid2"], 48, 80, 3, 2, "bn relu"),
    "deep1": ("conv", ["down2"], 80, 80, 3, 1, "bn relu"),
    "deep2": ("conv", ["deep1", "+down2"], 80, 80, 3, 1, "bn relu"),
    "up2": ("up", ["deep2"], 80, 32, 2, 2, "bn relu"),
    "fuse2": ("conv", ["up2", "mid2"], 80, 48, 3, 1, "bn relu"),
    "up1": ("up", ["fuse2"], 48, 24, 2, 2, "bn relu"),
    "fuse1": ("conv", ["up1", "stem"], 40, 24, 3, 1, "bn relu"),
    "head": ("conv", ["fuse1"], 24, CLASSES, 1, 1, "sigmoid"),
}


class BevDetector(nn.Module):
    """Heatmap logits [N, 3, 48, 48] of raw features [N, 8, 48, 48]."""

    def __init__(self, input_scale):
        super().__init__()
        self.register_buffer("input_scale", torch.as_tensor(input_scale, dtype=torch.float32).view(1, -1, 1, 1))
        for name, (kind, _, fan_in, fan_out, kernel, stride, after) in LAYERS.items():
            bias = "bn" not in after
            if kind == "conv":
                layer = nn.Conv2d(fan_in, fan_out, kernel, stride, padding=kernel // 2, bias=bias)
            else:
                layer = nn.ConvTranspose2d(fan_in, fan_out, kernel, stride, bias=bias)
            self.add_module(name, layer)
            if "bn" in after:
                norm = nn.BatchNorm2d(fan_out)
                nn.init.trunc_normal_(norm.weight, 0, GAMMA_SPREAD, -2 * GAMMA_SPREAD, 2 * GAMMA_SPREAD)
                norm.weight.data.exp_()
                self.add_module(name + "_bn", norm)
        nn.init.constant_(self.head.bias, -4.0)

    def forward(self, raw):
        values = {"input": raw * self.input_scale}
        for name, (_, inputs, *_, after) in LAYERS.items():
            joined = torch.cat([values[i] for i in inputs if i[0] != "+"], 1)
            value = getattr(self, name)(joined)
            if "bn" in after:
                value = getattr(self, name + "_bn")(value)
            for skip in (i[1:] for i in inputs if i[0] == "+"):
                value = value + values[skip]
            values[name] = torch.relu(value) if "relu" in after else value
        return values["head"]


def export_onnx(model, path):
    """Write the model as ONNX opset 17: the input scale folded into the stem, BatchNormalization kept as nodes."""
    nodes, weights = [], []

    def add_weight(name, tensor):
        weights.append(numpy_helper.from_array(np.ascontiguousarray(tensor.detach().numpy(), np.float32), name))
        return name

    outputs = {"input": "input"}
    for name, (kind, inputs, _, _, kernel, stride, after) in LAYERS.items():
        layer = getattr(model, name)
        weight = layer.weight * model.input_scale if name == "stem" else layer.weight
        source = [outputs[i] for i in inputs if i[0] != "+"]
        if len(source) > 1:
            nodes.append(helper.make_node("Concat", source, [f"{name}_in"], f"{name}/concat", axis=1))
            source = [f"{name}_in"]
        source.append(add_weight(f"{name}.weight", weight))
        if layer.bias is not None:
            source.append(add_weight(f"{name}.bias", layer.bias))
        pad = kernel // 2 if kind == "conv" else 0
        operator = "Conv" if kind == "conv" else "ConvTranspose"
        value = f"{name}_out"
        nodes.append(
            helper.make_node(
                operator, source, [value], f"{name}/{kind}",
                kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4,
            )
        )
        if "bn" in after:
            norm = getattr(model, name + "_bn")
            parts = {"scale": norm.weight, "bias": norm.bias, "mean": norm.running_mean, "var": norm.running_var}
            names = [add_weight(f"{name}_bn.{part}", tensor) for part, tensor in parts.items()]
            nodes.append(
                helper.make_node(
                    "BatchNormalization", [value, *names], [f"{name}_norm"], f"{name}/bn", epsilon=norm.eps
                )
            )
            value = f"{name}_norm"
        for skip in (i[1:] for i in inputs if i[0] == "+"):
            nodes.append(helper.make_node("Add", [value, outputs[skip]], [f"{name}_sum"], f"{name}/add"))
            value = f"{name}_sum"
        if "relu" in after:
            nodes.append(helper.make_node("Relu", [value], [f"{name}_act"], f"{name}/relu"))
            value = f"{name}_act"
        if "sigmoid" in after:
            nodes.append(helper.make_node("Sigmoid", [value], ["heatmap"], f"{name}/sigmoid"))
        outputs[name] = value

    graph = helper.make_graph(
        nodes,
        "bev-demo",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", CHANNELS, GRID, GRID])],
        [helper.make_tensor_value_info("heatmap", TensorProto.FLOAT, ["N", CLASSES, GRID, GRID])],
        weights,
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="quantsweep demo")
    proto.ir_version = 8
    onnx.checker.check_model(proto, full_check=True)
    onnx.save(proto, path)
