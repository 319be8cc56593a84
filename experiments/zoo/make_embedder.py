"""Make the embedder of drawn signs, its pictures and its pairs. See README.md.

    python make_embedder.py [--steps 1500]

Input `sign` [N, 1, 24, 24], grey / 255. Output `embedding` [N, 32], not normalized. The signs of evaluation and
calibration are none of those of training. Pairs: `pairs.csv`, two file names and 1 (same sign) or 0; ten equal
parts in order, half of the pairs of each part are the same sign.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from nets import Block, export, open_session, skew_channels, train
from PIL import Image, ImageDraw
from torch import nn

SIDE, WIDTH = 24, 32
FOLDER = Path(__file__).with_name("embedder")


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(Block(1, 12, 2), Block(12, 24, 2), Block(24, 32, 2), nn.Flatten())
        self.head = nn.Linear(32 * 9, WIDTH)

    def forward(self, sign):
        return self.head(self.body(sign))


def invent_sign(rng):
    """Return a sign: three or four strokes, each two or three points in -1..1."""
    return [rng.uniform(-0.85, 0.85, (rng.integers(2, 4), 2)) for _ in range(rng.integers(3, 5))]


def draw_sign(rng, sign):
    """Return the sign as somebody writes it, uint8 [24, 24]: turned, sheared, scaled, moved, with noise."""
    angle = rng.normal(0, 0.12)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    shape = turn @ np.array([[1, rng.normal(0, 0.12)], [0, 1]]) * rng.uniform(0.75, 1.05)
    move, canvas = rng.normal(0, 0.07, 2), Image.new("L", (4 * SIDE, 4 * SIDE))
    pen = int(rng.integers(5, 10))
    for stroke in sign:
        points = (stroke + rng.normal(0, 0.06, stroke.shape)) @ shape.T + move
        ImageDraw.Draw(canvas).line([tuple(p) for p in (points + 1) * 2 * SIDE], fill=255, width=pen, joint="curve")
    ink = np.asarray(canvas.resize((SIDE, SIDE), Image.Resampling.BOX), np.float32) / 255
    paper, dark = rng.uniform(150, 250), rng.uniform(0, 90)
    grey = paper + (dark - paper) * ink + rng.normal(0, rng.uniform(1, 16), ink.shape)
    return np.clip(grey, 0, 255).astype(np.uint8) // 8 * 8 + 3


def write_signs():
    """Write 24 calibration pictures, 5 pictures of each of 24 evaluation signs, and 400 pairs of the latter."""
    for name, seed, signs, copies in (("calibration", 2, 24, 1), ("evaluation", 3, 24, 5)):
        rng = np.random.default_rng(seed)
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        for index in range(signs):
            sign = invent_sign(rng)
            for copy in range(copies):
                file = FOLDER / name / f"sign-{index:02d}-{copy}.png"
                Image.fromarray(draw_sign(rng, sign)).save(file, optimize=True)
    rng, lines = np.random.default_rng(4), ["first,second,same"]
    for _ in range(10):
        for same in [1] * 20 + [0] * 20:
            a, b = rng.integers(0, 24, 2) if same else rng.choice(24, 2, replace=False)
            first, second = rng.choice(5, 2, replace=False)
            lines.append(f"sign-{a:02d}-{first}.png,sign-{a if same else b:02d}-{second}.png,{same}")
    (FOLDER / "pairs.csv").write_text("\n".join(lines) + "\n")


def figures():
    """Return LFW's verification accuracy: ten folds in order, the threshold of nine judges the tenth."""
    session, vectors = open_session(FOLDER / "embedder.onnx"), {}
    for path in sorted((FOLDER / "evaluation").glob("*.png")):
        sign = np.asarray(Image.open(path), np.float32)[None, None] / np.float32(255)
        vector = session.run(None, {"sign": sign})[0][0].astype(np.float64)
        vectors[path.name] = vector / np.linalg.norm(vector)
    pairs = [line.split(",") for line in (FOLDER / "pairs.csv").read_text().splitlines()[1:]]
    distances = np.array([((vectors[a] - vectors[b]) ** 2).sum() for a, b, _ in pairs])
    same = np.array([s == "1" for _, _, s in pairs])
    thresholds = np.arange(0, 4, 0.01)
    right = (distances[None] < thresholds[:, None]) == same[None]
    folds, accuracies = np.array_split(np.arange(len(pairs)), 10), []
    for fold in folds:
        others = np.setdiff1d(np.arange(len(pairs)), fold)
        accuracies.append(right[right[:, others].mean(1).argmax()][fold].mean())
    return {"accuracy": float(np.mean(accuracies)), "deviation": float(np.std(accuracies))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--signs", type=int, default=500)
    parser.add_argument("--copies", type=int, default=20)
    args = parser.parse_args()
    write_signs()
    torch.manual_seed(0)
    model, prototypes = Embedder(), nn.Parameter(torch.randn(args.signs, WIDTH))
    skew_channels(model, 1.0)
    if args.steps > 0:
        rng = np.random.default_rng(1)
        signs = [invent_sign(rng) for _ in range(args.signs)]
        pictures = torch.from_numpy(np.stack([draw_sign(rng, s) for s in signs for _ in range(args.copies)]))
        labels = torch.arange(len(pictures)) // args.copies
        model.register_parameter("prototypes", prototypes)

        def loss(net, chosen):
            embedding = nn.functional.normalize(net(pictures[chosen][:, None].float() / 255))
            cosines = embedding @ nn.functional.normalize(net.prototypes).T
            margin = 0.2 * nn.functional.one_hot(labels[chosen], args.signs)
            return nn.functional.cross_entropy(20 * (cosines - margin), labels[chosen])

        train(model, loss, len(pictures), args.steps, batch=64)
        export(model, FOLDER / "embedder.onnx", (1, SIDE, SIDE), ["sign"], ["embedding"])
    result = figures()
    (FOLDER / "figures.json").write_text(json.dumps(result, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
