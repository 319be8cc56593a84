"""Make the finder of stick figures and their points, its pictures and its truth. See README.md.

    python make_keypoints.py [--steps 2200]

Input `images` [N, 3, 96, 96], RGB / 255, letterboxed. Output `output0` [N, 4 + 1 + 5 * 3, 180]: cx cy w h in
input pixels, the figure's score, then x y score of five points, x and y in input pixels; sigmoids done.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from anchor_free import SIDE, AnchorFree, assign, box_loss
from coco_figures import detect, evaluate, letterboxed_results, write_instances
from nets import export, skew_channels, train
from pictures import background, colour_unlike, letterbox, overlap, save_png
from PIL import ImageDraw
from torch import nn

POINTS = ("head", "left_hand", "right_hand", "left_foot", "right_foot")
SIGMAS = (0.05, 0.1, 0.1, 0.1, 0.1)
# Wider, so that points that are far off are drawn nearer.
TRAINING_SIGMAS = (0.06, 0.12, 0.12, 0.16, 0.16)
NAMES = ("AP", "AP50", "AP75", "APm", "APl", "AR", "AR50", "AR75", "ARm", "ARl")
FOLDER = Path(__file__).with_name("keypoints")


def pose(rng, height):
    """Return five points [5, 2] of a figure with its neck at 0; the left hand is on the picture's right."""

    def limb(root, angle, length):
        return [root[0] + math.sin(angle) * length, root[1] + math.cos(angle) * length]

    lean = rng.normal(0, 0.12)
    hip = limb((0, 0), lean, 0.4 * height)
    head = limb((0, 0), math.pi + lean + rng.normal(0, 0.15), 0.1 * height)
    hands = [limb((0, 0), sign * rng.uniform(0.3, 2.5), 0.38 * height) for sign in (1, -1)]
    feet = [limb(hip, sign * rng.uniform(0.1, 0.7), 0.45 * height) for sign in (1, -1)]
    return np.array([head, *hands, *feet]), np.array(hip)


def draw_scene(rng):
    """Return (picture, objects): 96 to 220 pixels a side, one to three figures, some with a hidden point."""
    width, height = (int(v) for v in rng.integers(96, 221, 2))
    picture, near = background(rng, width, height)
    draw, objects = ImageDraw.Draw(picture), []
    for _ in range(rng.integers(1, 4)):
        tall = rng.uniform(36, 0.85 * height)
        points, hip = pose(rng, tall)
        thick = max(2, round(tall * 0.05))
        radius = tall * 0.09
        low, high = np.minimum(points.min(0), points[0] - radius), np.maximum(points.max(0), points[0] + radius)
        span = high - low
        if (span >= [width, height]).any():
            continue
        neck = rng.uniform(0, 1, 2) * ([width, height] - span) - low
        box = [*(low + neck).tolist(), *span.tolist()]
        if any(overlap(box, other["bbox"]) > 0.1 for other in objects):
            continue
        colour, points, hip = colour_unlike(rng, near, 60), points + neck, hip + neck
        shown = [2] * len(POINTS)
        for hand in (1, 2):
            if rng.random() < 0.06:
                shown[hand] = 0
        lines = [(neck, hip)] + [(neck if k < 3 else hip, points[k]) for k in range(1, 5) if shown[k] > 0]
        for a, b in lines:
            draw.line([*a, *b], fill=colour, width=thick)
        draw.ellipse([*(points[0] - radius), *(points[0] + radius)], fill=colour)
        keypoints = [v for p, s in zip(points, shown) for v in ([*p.round(2).tolist(), s] if s > 0 else [0, 0, 0])]
        objects.append(
            {
                "kind": 0,
                "bbox": [round(v, 2) for v in box],
                "area": round(0.4 * box[2] * box[3], 2),
                "iscrowd": 0,
                "num_keypoints": sum(s > 0 for s in shown),
                "keypoints": keypoints,
            }
        )
    return picture, objects


def training_set(seed, count):
    """Return (inputs uint8, classes, corners, points [count, 180, 5, 3] in input pixels)."""
    rng, parts = np.random.default_rng(seed), []
    for _ in range(count):
        picture, objects = draw_scene(rng)
        image, r, left, top = letterbox(picture, SIDE)
        classes, corners, owner = assign(objects, r, left, top)
        points = np.zeros((len(owner), len(POINTS), 3), np.float32)
        for index, item in enumerate(objects):
            own = np.array(item["keypoints"], np.float32).reshape(-1, 3)
            points[owner == index] = np.concatenate([own[:, :2] * r + [left, top], own[:, 2:]], 1)
        parts.append((image.transpose(2, 0, 1), classes, corners, points))
    return tuple(torch.from_numpy(np.stack(column)) for column in zip(*parts))


def point_loss(places, logits, classes, corners, points):
    """1 - OKS with wide sigmas of the seen points of positive cells, and whether each point is seen."""
    positive = classes >= 0
    places, logits = places.permute(0, 3, 1, 2)[positive], logits.permute(0, 3, 1, 2)[positive][..., 0]
    truth, box = points[positive], corners[positive]
    seen = (truth[..., 2] > 0).float()
    area = 0.4 * (box[:, 2:] - box[:, :2]).prod(1).clamp(min=50)[:, None]
    distance = ((places - truth[..., :2]) ** 2).sum(2)
    sigma = 2 * torch.tensor(TRAINING_SIGMAS)
    near = 1 - torch.exp(-distance / (2 * area * sigma**2)) + 0.05 * torch.sqrt(distance + 1e-3) / torch.sqrt(area)
    return 4 * (near * seen).sum() / seen.sum().clamp(min=1) + 0.5 * nn.functional.binary_cross_entropy_with_logits(
        logits, seen
    )


def write_pictures():
    """Write 24 calibration and 48 evaluation pictures and the COCO file of the latter."""
    for name, seed, count in (("calibration", 2, 24), ("evaluation", 3, 48)):
        rng, scenes = np.random.default_rng(seed), []
        for index in range(count):
            picture, objects = draw_scene(rng)
            file = f"{name}-{index:02d}.png"
            save_png(picture, FOLDER / name / file)
            scenes.append((file, picture.size, objects))
        if name == "evaluation":
            categories = [{"id": 1, "name": "figure", "keypoints": POINTS, "skeleton": []}]
            write_instances(FOLDER / "instances.json", scenes, categories)


def figures():
    """Score with confidence 0.001, NMS at 0.7, at most 300 boxes; points cut to the picture."""

    def decode(output, size, r, left, top):
        centre, extent, scores = output[:2].T, output[2:4].T, output[4:5].T
        boxes = np.concatenate([centre - extent / 2, centre + extent / 2], 1).astype(np.float64)
        rows = detect(np.concatenate([boxes, output[5:].T], 1), scores, 0.001, 0.7)
        for _, score, row in rows:
            points = row[4:].reshape(-1, 3).copy()
            points[:, :2] = ((points[:, :2] - [left, top]) / r).clip(0, size)
            yield {"category_id": 1, "score": score, "keypoints": points.flatten().tolist()}

    results = letterboxed_results(FOLDER, "keypoints.onnx", decode)
    return dict(zip(NAMES, evaluate(FOLDER / "instances.json", results, "keypoints", SIGMAS)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=2200)
    parser.add_argument("--scenes", type=int, default=6000)
    args = parser.parse_args()
    write_pictures()
    torch.manual_seed(0)
    model = AnchorFree(1, len(POINTS))
    skew_channels(model, 1.0)
    if args.steps > 0:
        images, classes, corners, points = training_set(1, args.scenes)

        def loss(net, chosen):
            image = images[chosen].float()
            image = (image + torch.randn_like(image) * 4 * torch.rand(len(chosen), 1, 1, 1)) / 255
            boxes, logits, places, point_logits = net.raw(image)
            found = box_loss(boxes, logits, classes[chosen], corners[chosen])
            return found + point_loss(places, point_logits, classes[chosen], corners[chosen], points[chosen])

        train(model, loss, args.scenes, args.steps)
        export(model, FOLDER / "keypoints.onnx", (3, SIDE, SIDE), ["images"], ["output0"])
    result = figures()
    (FOLDER / "figures.json").write_text(json.dumps(result, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
