"""Make the classifier of drawn shapes, its pictures in class folders. See README.md.

    python make_classifier.py [--steps 1200]

Input `image` [N, 3, 32, 32], RGB / 255 by ImageNet's mean and deviation; shorter side to 36, centre 32 x 32.
Output `logits` [N, 4]: box, disc, star, triangle.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from nets import Block, export, open_session, skew_channels, train
from pictures import background, colour_unlike, draw_shape, save_png
from PIL import Image, ImageDraw
from torch import nn

SIDE, SHORTER = 32, 36
CLASSES = ("box", "disc", "star", "triangle")
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
FOLDER = Path(__file__).with_name("classifier")


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            Block(3, 12, 2, activation=nn.ReLU),
            Block(12, 20, 2, activation=nn.ReLU),
            Block(20, 24, activation=nn.ReLU),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(24, len(CLASSES)),
        )

    def forward(self, image):
        return self.body(image)


def draw_picture(rng, kind):
    """Return a picture of one shape near its middle, 36 to 72 pixels a side."""
    width, height = (int(v) for v in rng.integers(36, 73, 2))
    picture, near = background(rng, width, height)
    draw, fill = ImageDraw.Draw(picture), colour_unlike(rng, near, 35)
    w, h = (int(min(width, height) * rng.uniform(0.3, 0.75)) for _ in range(2))
    x, y = (width - w) // 2 + int(rng.integers(-3, 4)), (height - h) // 2 + int(rng.integers(-3, 4))
    if kind == "star":
        turn = rng.uniform(0, 2 * math.pi)
        tips = [(turn + k * math.pi / 5, (0.5, 0.24)[k % 2]) for k in range(10)]
        draw.polygon([(x + w * (0.5 + r * math.sin(a)), y + h * (0.5 + r * math.cos(a))) for a, r in tips], fill=fill)
    else:
        draw_shape(draw, rng, ("disc", "box", "triangle").index(kind), (x, y, w, h), fill)
    return picture


def prepare(picture):
    """Return [3, 32, 32] uint8: shorter side to 36 (the longer rounded down), centre cut, as torchvision does."""
    shorter = min(picture.size)
    size = [max(SHORTER, int(SHORTER * side / shorter)) for side in picture.size]
    left, top = (round((side - SIDE) / 2) for side in size)
    resized = picture.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized.crop((left, top, left + SIDE, top + SIDE))).transpose(2, 0, 1)


def normalize(images):
    """Return float32 inputs [N, 3, 32, 32] of bytes."""
    return (images.astype(np.float32) / np.float32(255) - MEAN[:, None, None]) / DEVIATION[:, None, None]


def write_pictures():
    """Write 24 calibration and 80 evaluation pictures, the same number of each class."""
    for name, seed, count in (("calibration", 2, 6), ("evaluation", 3, 20)):
        rng = np.random.default_rng(seed)
        for kind in CLASSES:
            for index in range(count):
                save_png(draw_picture(rng, kind), FOLDER / name / kind / f"{kind}-{index:02d}.png", 32)


def figures():
    """Return the share of evaluation pictures whose class has the largest logit."""
    session, right, total = open_session(FOLDER / "classifier.onnx"), 0, 0
    for path in sorted((FOLDER / "evaluation").glob("*/*.png")):
        image = normalize(prepare(Image.open(path).convert("RGB"))[None])
        logits = session.run(None, {"image": image})[0][0]
        right, total = right + (CLASSES[logits.argmax()] == path.parent.name), total + 1
    return {"top1": right / total, "correct": right, "samples": total}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--pictures", type=int, default=6000)
    args = parser.parse_args()
    write_pictures()
    torch.manual_seed(0)
    model = Classifier()
    skew_channels(model, 1.0)
    if args.steps > 0:
        rng = np.random.default_rng(1)
        labels = torch.arange(args.pictures) % len(CLASSES)
        pictures = np.stack([prepare(draw_picture(rng, CLASSES[label])) for label in labels.tolist()])
        images = torch.from_numpy(normalize(pictures))

        def loss(net, chosen):
            noise = torch.randn(len(chosen), 3, SIDE, SIDE) * 0.08
            return nn.functional.cross_entropy(net(images[chosen] + noise), labels[chosen])

        train(model, loss, args.pictures, args.steps)
        export(model, FOLDER / "classifier.onnx", (3, SIDE, SIDE), ["image"], ["logits"])
    result = figures()
    (FOLDER / "figures.json").write_text(json.dumps(result, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
