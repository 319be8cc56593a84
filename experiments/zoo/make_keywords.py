"""Make the classifier of short sounds, its WAV files in class folders. See README.md.

    python make_keywords.py [--steps 1200]

Input `waveform` [N, 1, 2000]: 0.25 s at 8 kHz in -1..1. Output `logits` [N, 6], classes in alphabetical order.
"""

import argparse
import json
import wave
from pathlib import Path

import numpy as np
import torch
from nets import export, open_session, skew_channels, train
from torch import nn

RATE, SAMPLES = 8000, 2000
CLASSES = ("down", "hiss", "hum", "pulse", "up", "warble")
FOLDER = Path(__file__).with_name("keywords")


def sound(rng, kind):
    """Return int16 [2000]: a tone whose frequency or loudness moves as the class says, in noise."""
    time = np.arange(SAMPLES) / RATE
    low, high = rng.uniform(300, 900), rng.uniform(1100, 2400)
    middle = rng.uniform(400, 2000)
    frequency = {
        "down": high + (low - high) * time / time[-1],
        "up": low + (high - low) * time / time[-1],
        "warble": middle * (1 + rng.uniform(0.08, 0.2) * np.sin(2 * np.pi * rng.uniform(9, 24) * time)),
    }.get(kind, np.full(SAMPLES, middle))
    tone = np.sin(2 * np.pi * np.cumsum(frequency) / RATE + rng.uniform(0, 6.28))
    if kind == "pulse":
        tone *= np.sin(2 * np.pi * rng.uniform(9, 24) * time + rng.uniform(0, 6.28)) > rng.uniform(-0.4, 0.3)
    if kind == "hiss":
        noise = np.convolve(rng.normal(0, 1, SAMPLES + 8), np.hanning(int(rng.integers(3, 9))), "same")[4:-4]
        tone = 0.7 * noise / noise.std()
    start, end = int(rng.integers(0, 400)), int(rng.integers(1600, 2001))
    tone *= (np.arange(SAMPLES) >= start) & (np.arange(SAMPLES) < end)
    level = np.exp(rng.uniform(np.log(0.05), np.log(0.6)))
    mixed = level * (tone + rng.normal(0, rng.uniform(0.05, 0.9), SAMPLES))
    return (np.clip(mixed, -1, 1) * 32767).round().astype(np.int16)


class Keywords(nn.Module):
    """Four strided convolutions over time, the mean over time, one linear layer."""

    def __init__(self):
        super().__init__()
        body, channels = [], 1
        for width, kernel, stride in ((12, 16, 4), (20, 9, 4), (28, 5, 2), (32, 5, 2)):
            body += [nn.Conv1d(channels, width, kernel, stride, kernel // 2, bias=False), nn.BatchNorm1d(width)]
            body.append(nn.ReLU())
            channels = width
        self.body = nn.Sequential(*body, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(32, len(CLASSES)))

    def forward(self, waveform):
        return self.body(waveform)


def write_sounds():
    """Write 24 calibration and 48 evaluation sounds, the same number of each class."""
    for name, seed, count in (("calibration", 2, 4), ("evaluation", 3, 8)):
        rng = np.random.default_rng(seed)
        for kind in CLASSES:
            (FOLDER / name / kind).mkdir(parents=True, exist_ok=True)
            for index in range(count):
                with wave.open(str(FOLDER / name / kind / f"{kind}-{index}.wav"), "wb") as file:
                    file.setnchannels(1)
                    file.setsampwidth(2)
                    file.setframerate(RATE)
                    file.writeframes(sound(rng, kind).astype("<i2").tobytes())


def figures():
    """Return the share of evaluation sounds whose class has the largest logit."""
    session, right, total = open_session(FOLDER / "keywords.onnx"), 0, 0
    for path in sorted((FOLDER / "evaluation").glob("*/*.wav")):
        with wave.open(str(path), "rb") as file:
            values = np.frombuffer(file.readframes(SAMPLES), "<i2").astype(np.float32) / np.float32(32768)
        logits = session.run(None, {"waveform": values[None, None]})[0][0]
        right, total = right + (CLASSES[logits.argmax()] == path.parent.name), total + 1
    return {"top1": right / total, "correct": right, "samples": total}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--sounds", type=int, default=6000)
    args = parser.parse_args()
    write_sounds()
    torch.manual_seed(0)
    model = Keywords()
    skew_channels(model, 1.0)
    if args.steps > 0:
        rng = np.random.default_rng(1)
        labels = torch.arange(args.sounds) % len(CLASSES)
        sounds = torch.from_numpy(np.stack([sound(rng, CLASSES[label]) for label in labels.tolist()]))

        def loss(net, chosen):
            return nn.functional.cross_entropy(net(sounds[chosen][:, None] / 32768), labels[chosen])

        train(model, loss, args.sounds, args.steps)
        export(model, FOLDER / "keywords.onnx", (1, SAMPLES), ["waveform"], ["logits"])
    result = figures()
    (FOLDER / "figures.json").write_text(json.dumps(result, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
