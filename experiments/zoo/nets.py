"""What the zoo's networks share: a block, training, export to ONNX, a session."""

import time

import onnxruntime
import torch
from torch import nn


class Block(nn.Sequential):
    """Convolution, BatchNormalization, SiLU: [N, c_in, H, W] to [N, c_out, H/stride, W/stride]."""

    def __init__(self, c_in, c_out, stride=1, kernel=3, activation=nn.SiLU):
        super().__init__(
            nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(c_out),
            activation(),
        )


def skew_channels(model, spread):
    """Start every BatchNormalization's gamma log-normal, exp(spread * z) with z clipped at +-2.

    Channels of one tensor then end with unlike ranges, as those of many published networks do. After
    that, training goes its usual way; no channel is rescaled afterwards.
    """
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            with torch.no_grad():
                module.weight.copy_(torch.exp(spread * torch.randn_like(module.weight).clamp(-2, 2)))


def train(model, loss_of, samples, steps, batch=32, rate=4e-3):
    """Minimize loss_of(model, indices [batch]) by AdamW with a one-cycle rate."""
    torch.set_num_threads(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.15)
    print(f"{sum(p.numel() for p in model.parameters())} parameters", flush=True)
    start, total = time.time(), 0.0
    model.train()
    for step in range(1, steps + 1):
        loss = loss_of(model, torch.randint(samples, (batch,)))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        schedule.step()
        total += loss.item()
        if step % 200 == 0:
            print(f"step {step} loss {total / 200:.4f} {time.time() - start:.0f} s", flush=True)
            total = 0.0
    model.eval()


def export(model, path, shape, inputs, outputs):
    """Write the model (opset 17, float32, BatchNormalization folded, batch dynamic)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model.eval(),
        (torch.zeros(1, *shape),),
        str(path),
        input_names=inputs,
        output_names=outputs,
        dynamic_axes={name: {0: "batch"} for name in inputs + outputs},
        opset_version=17,
        dynamo=False,
    )
    print(f"{path.name}: {path.stat().st_size} bytes")


def open_session(path):
    """Return a session of one thread, so that figures do not depend on the machine's cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
