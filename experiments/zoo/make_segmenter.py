"""Make the segmenter of drawn shapes, its pictures and its masks. See README.md.

    python make_segmenter.py [--steps 2400]

Input `image` [N, 3, 64, 64], RGB / 255, stretched. `segmenter.onnx` gives `logits` [N, 4, 64, 64];
`segmenter-argmax.onnx` is the same network with ArgMax behind it: `classes` [N, 64, 64], int64.
Classes: background, disc, box, triangle. Masks are grey PNGs, 255 along the borders (not counted).
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from nets import Block, export, open_session, skew_channels, train
from pictures import SHAPES, background, colour_unlike, draw_shape, place_box, save_png
from PIL import Image, ImageDraw
from torch import nn

SIDE, CLASSES, IGNORED = 64, 1 + len(SHAPES), 255
FOLDER = Path(__file__).with_name("segmenter")


class Segmenter(nn.Module):
    """Down to 8 x 8, up again by ConvTranspose with skips, logits at half size, then doubled."""

    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([Block(3, 12, 2), Block(12, 20, 2), Block(20, 28, 2)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(28, 20, 2, 2), nn.ConvTranspose2d(20, 12, 2, 2)])
        self.fuse = nn.ModuleList([Block(40, 20), Block(24, 12)])
        self.head = nn.Conv2d(12, CLASSES, 1)

    def forward(self, image):
        half = self.down[0](image)
        quarter = self.down[1](half)
        deep = self.down[2](quarter)
        middle = self.fuse[0](torch.cat([self.up[0](deep), quarter], 1))
        fine = self.fuse[1](torch.cat([self.up[1](middle), half], 1))
        return nn.functional.interpolate(self.head(fine), scale_factor=2, mode="bilinear", align_corners=False)


class WithArgMax(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, image):
        return self.inner(image).argmax(1)


def draw_scene_with_mask(rng):
    """Return (picture, mask uint8 [height, width]): 56 to 120 pixels a side; later shapes cover earlier ones."""
    width, height = (int(v) for v in rng.integers(56, 121, 2))
    picture, near = background(rng, width, height)
    mask, boxes = np.zeros((height, width), np.uint8), []
    for _ in range(rng.integers(1, 6)):
        box = place_box(rng, width, height, [b for b in boxes if rng.random() < 0.5], smallest=10)
        if box is None:
            break
        boxes.append(box)
        kind, shape = int(rng.integers(0, len(SHAPES))), Image.new("L", (width, height))
        draw_shape(ImageDraw.Draw(shape), rng, kind, box, 255)
        picture.paste(colour_unlike(rng, near, 40), (0, 0, width, height), shape)
        mask[np.asarray(shape) > 0] = kind + 1
    return picture, mask


def with_border(mask):
    """Return the mask with 255 where one of the four neighbours is of another class."""
    padded = np.pad(mask, 1, mode="edge")
    neighbours = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    return np.where(np.any([n != mask for n in neighbours], 0), np.uint8(IGNORED), mask)


def stretch(picture):
    """Return [3, 64, 64] uint8: Pillow's bilinear, which widens when shrinking."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR)).transpose(2, 0, 1)


def write_pictures():
    """Write 24 calibration pictures, 48 evaluation pictures and the masks of the latter."""
    for name, seed, count in (("calibration", 2, 24), ("evaluation", 3, 48)):
        rng = np.random.default_rng(seed)
        for index in range(count):
            picture, mask = draw_scene_with_mask(rng)
            save_png(picture, FOLDER / name / f"{name}-{index:02d}.png")
            if name == "evaluation":
                (FOLDER / "masks").mkdir(exist_ok=True)
                Image.fromarray(with_border(mask)).save(FOLDER / "masks" / f"{name}-{index:02d}.png", optimize=True)


def figures_of(model, resize):
    """Return mIoU and pixel accuracy on one confusion matrix; resize makes a mask's size of an output."""
    session, counts = open_session(FOLDER / model), np.zeros((CLASSES, CLASSES), np.int64)
    for path in sorted((FOLDER / "evaluation").glob("*.png")):
        truth = np.asarray(Image.open(FOLDER / "masks" / path.name))
        image = stretch(Image.open(path).convert("RGB")).astype(np.float32)[None] / np.float32(255)
        predicted = resize(session.run(None, {"image": image})[0], truth.shape)
        counted = truth != IGNORED
        np.add.at(counts, (truth[counted], predicted[counted]), 1)
    true = np.diag(counts)
    iou = true / (counts.sum(0) + counts.sum(1) - true)
    return {"meanIou": iou.mean(), "pixelAccuracy": true.sum() / counts.sum(), "iou": iou.tolist()}


def resize_logits(output, shape):
    """Return classes: logits bilinear with half-pixel centres to the mask's size, then argmax."""
    grown = nn.functional.interpolate(torch.from_numpy(output), shape, mode="bilinear", align_corners=False)
    return grown[0].argmax(0).numpy()


def resize_classes(output, shape):
    """Return classes by the nearest pixel, floor(i * from / to), as OpenCV takes it.

    torch computes the same in float32, which falls one pixel short in a few places.
    """
    return cv2.resize(output[0].astype(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--scenes", type=int, default=5000)
    args = parser.parse_args()
    write_pictures()
    torch.manual_seed(0)
    model = Segmenter()
    skew_channels(model, 1.0)
    if args.steps > 0:
        rng = np.random.default_rng(1)
        scenes = [draw_scene_with_mask(rng) for _ in range(args.scenes)]
        images = torch.from_numpy(np.stack([stretch(picture) for picture, _ in scenes]))
        masks = [Image.fromarray(mask).resize((SIDE, SIDE), Image.Resampling.NEAREST) for _, mask in scenes]
        masks = torch.from_numpy(np.stack([np.asarray(mask) for mask in masks]).astype(np.int64))

        # Triangles are few pixels and look like parts of boxes.
        weight = torch.tensor([0.5, 1.0, 1.0, 1.4])

        def loss(net, chosen):
            image = images[chosen].float()
            image = (image + torch.randn_like(image) * 4 * torch.rand(len(chosen), 1, 1, 1)) / 255
            return nn.functional.cross_entropy(net(image), masks[chosen], weight)

        train(model, loss, args.scenes, args.steps)
        export(model, FOLDER / "segmenter.onnx", (3, SIDE, SIDE), ["image"], ["logits"])
        export(WithArgMax(model), FOLDER / "segmenter-argmax.onnx", (3, SIDE, SIDE), ["image"], ["classes"])
    figures = {
        "logits": figures_of("segmenter.onnx", resize_logits),
        "argmax": figures_of("segmenter-argmax.onnx", resize_classes),
    }
    (FOLDER / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(figures)


if __name__ == "__main__":
    main()
