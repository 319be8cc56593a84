"""Make the SSD-style detector of drawn shapes, on the pictures of make_detector.py. See README.md.

    python make_ssd.py [--steps 1800]

Input `input` [N, 3, 96, 96], RGB, (x - 127) / 128, stretched. Outputs `scores` [N, 360, 4], Softmax done,
column 0 is the background; `boxes` [N, 360, 4], offsets from the priors of `priors.npy` (cx cy w h in 0..1,
variances 0.1 and 0.2).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from coco_figures import NAMES, detect, evaluate
from nets import Block, export, open_session, skew_channels, train
from pictures import SHAPES, draw_scene
from PIL import Image
from torch import nn

SIDE = 96
# Grid, and sides of the priors of each cell.
LEVELS = ((12, (0.12, 0.24)), (6, (0.38, 0.62)))
FOLDER = Path(__file__).with_name("ssd")
PICTURES = Path(__file__).with_name("detector")


def priors():
    """Return cx cy w h [360, 4] in 0..1, in the order level, row, column, side."""
    rows = []
    for grid, sides in LEVELS:
        for y in range(grid):
            for x in range(grid):
                rows += [((x + 0.5) / grid, (y + 0.5) / grid, side, side) for side in sides]
    return np.array(rows, np.float32)


class Separable(nn.Sequential):
    """A depthwise and a pointwise block, as in MobileNet."""

    def __init__(self, c_in, c_out, stride=1):
        depthwise = nn.Conv2d(c_in, c_in, 3, stride, 1, groups=c_in, bias=False)
        norm = nn.BatchNorm2d(c_in)
        super().__init__(depthwise, norm, nn.ReLU(), Block(c_in, c_out, kernel=1, activation=nn.ReLU))


class Ssd(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(
            Block(3, 12, 2, activation=nn.ReLU),
            Separable(12, 24, 2),
            Separable(24, 24),
            Separable(24, 40, 2),
            Separable(40, 40),
            Separable(40, 40),
        )
        self.deep = nn.Sequential(Separable(40, 56, 2), Separable(56, 56))
        self.boxes = nn.ModuleList([nn.Conv2d(width, 2 * 4, 3, padding=1) for width in (40, 56)])
        self.scores = nn.ModuleList([nn.Conv2d(width, 2 * (1 + len(SHAPES)), 3, padding=1) for width in (40, 56)])

    def raw(self, image):
        """Return (logits [N, 360, 4], offsets [N, 360, 4])."""
        shallow = self.stem(image)
        parts = []
        for heads in (self.scores, self.boxes):
            maps = [head(level) for head, level in zip(heads, (shallow, self.deep(shallow)))]
            flat = [m.permute(0, 2, 3, 1).reshape(-1, 2 * grid * grid, 4) for m, (grid, _) in zip(maps, LEVELS)]
            parts.append(torch.cat(flat, 1))
        return tuple(parts)

    def forward(self, image):
        logits, offsets = self.raw(image)
        return torch.softmax(logits, 2), offsets


def iou_matrix(a, b):
    """Return IoU [n, m] of corner boxes [n, 4] and [m, 4]."""
    size = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    inner = size.clip(min=0).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (a, b)]
    return inner / (areas[0][:, None] + areas[1][None] - inner)


def match(objects, width, height, prior):
    """Return (class [360], 0 for background and -1 for not counted, offsets [360, 4])."""
    classes, offsets = np.zeros(len(prior), np.int64), np.zeros((len(prior), 4), np.float32)
    if not objects:
        return classes, offsets
    boxes = np.array([o["bbox"] for o in objects], np.float64) / [width, height, width, height]
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)
    iou = iou_matrix(np.concatenate([prior[:, :2] - prior[:, 2:] / 2, prior[:, :2] + prior[:, 2:] / 2], 1), corners)
    iou[iou.argmax(0), np.arange(len(objects))] = 2
    best, owner = iou.max(1), iou.argmax(1)
    kinds = np.array([-1 if o["iscrowd"] else o["kind"] + 1 for o in objects])
    classes = np.where(best >= 0.45, kinds[owner], np.where(best >= 0.35, -1, 0))
    box = boxes[owner]
    centre = (box[:, :2] + box[:, 2:] / 2 - prior[:, :2]) / (0.1 * prior[:, 2:])
    return classes, np.concatenate([centre, np.log(box[:, 2:] / prior[:, 2:]) / 0.2], 1).astype(np.float32)


def prepare(picture):
    """Return [3, 96, 96] uint8: stretched by Pillow's bilinear, which widens when shrinking."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR)).transpose(2, 0, 1)


def ssd_loss(raw, classes, offsets):
    """Cross entropy with three negatives for each positive, and smooth L1 of the offsets."""
    logits, found = raw
    positive, count = classes > 0, (classes > 0).sum().clamp(min=1)
    error = nn.functional.cross_entropy(logits.transpose(1, 2), classes.clamp(min=0), reduction="none")
    negative = torch.where(classes == 0, error, torch.zeros(())).flatten()
    hardest = negative.topk(min(3 * int(count) + 3 * len(classes), len(negative))).values
    distance = nn.functional.smooth_l1_loss(found[positive], offsets[positive], reduction="sum")
    return (error[positive].sum() + hardest.sum() + distance) / count


def figures():
    """Score with confidence 0.01, NMS at 0.45 per class, at most 200; boxes clipped to the picture."""
    session, results, prior = open_session(FOLDER / "ssd.onnx"), [], np.load(FOLDER / "priors.npy").astype(np.float64)
    for image in json.loads((PICTURES / "instances.json").read_text())["images"]:
        picture = Image.open(PICTURES / "evaluation" / image["file_name"]).convert("RGB")
        pixels = (prepare(picture)[None].astype(np.float32) - np.float32(127)) / np.float32(128)
        scores, offsets = (output[0] for output in session.run(["scores", "boxes"], {"input": pixels}))
        centre = prior[:, :2] + offsets[:, :2] * 0.1 * prior[:, 2:]
        extent = prior[:, 2:] * np.exp(offsets[:, 2:].astype(np.float64) * 0.2)
        limits = [*picture.size, *picture.size]
        boxes = np.concatenate([centre - extent / 2, centre + extent / 2], 1) * limits
        for kind, score, corners in detect(boxes, scores[:, 1:], 0.01, 0.45, 200):
            x0, y0, x1, y1 = corners.clip(0, limits).tolist()
            box = {"category_id": kind + 1, "score": score, "bbox": [x0, y0, x1 - x0, y1 - y0]}
            results.append({"image_id": image["id"], **box})
    return dict(zip(NAMES, evaluate(PICTURES / "instances.json", results)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--scenes", type=int, default=6000)
    args = parser.parse_args()
    torch.manual_seed(0)
    model, prior = Ssd(), priors()
    skew_channels(model, 0.8)
    FOLDER.mkdir(exist_ok=True)
    np.save(FOLDER / "priors.npy", prior)
    if args.steps > 0:
        rng, parts = np.random.default_rng(1), []
        for _ in range(args.scenes):
            picture, objects = draw_scene(rng, crowd=rng.random() < 0.05)
            parts.append((prepare(picture), *match(objects, *picture.size, prior)))
        images, classes, offsets = (torch.from_numpy(np.stack(column)) for column in zip(*parts))

        def loss(net, chosen):
            image = images[chosen].float()
            image = image + torch.randn_like(image) * 4 * torch.rand(len(chosen), 1, 1, 1)
            return ssd_loss(net.raw((image - 127) / 128), classes[chosen], offsets[chosen])

        train(model, loss, args.scenes, args.steps)
        export(model, FOLDER / "ssd.onnx", (3, SIDE, SIDE), ["input"], ["scores", "boxes"])
    result = figures()
    (FOLDER / "figures.json").write_text(json.dumps(result, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
