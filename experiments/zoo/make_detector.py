"""Make the YOLOv8-style detector of drawn shapes, its pictures and its truth. See README.md.

    python make_detector.py [--steps 3000]

Input `images` [N, 3, 96, 96], RGB / 255, letterboxed. Output `output0` [N, 4 + 3, 180]: cx cy w h in input
pixels and three class scores (sigmoid done), strides 8 and 16.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from anchor_free import SIDE, AnchorFree, assign, box_loss
from coco_figures import detection_figures, write_instances
from nets import export, skew_channels, train
from pictures import SHAPES, draw_scene, letterbox, save_png

FOLDER = Path(__file__).with_name("detector")


def training_set(seed, count):
    """Return (inputs uint8 [count, 3, 96, 96], classes [count, 180], corners [count, 180, 4])."""
    rng, parts = np.random.default_rng(seed), []
    for _ in range(count):
        picture, objects = draw_scene(rng, crowd=rng.random() < 0.05)
        image, r, left, top = letterbox(picture, SIDE)
        parts.append((image.transpose(2, 0, 1), *assign(objects, r, left, top)[:2]))
    return tuple(torch.from_numpy(np.stack(column)) for column in zip(*parts))


def write_pictures():
    """Write 32 calibration and 64 evaluation pictures and the COCO file of the latter."""
    for name, seed, count in (("calibration", 2, 32), ("evaluation", 3, 64)):
        rng, scenes = np.random.default_rng(seed), []
        for index in range(count):
            picture, objects = draw_scene(rng, crowd=index % 12 == 5)
            file = f"{name}-{index:02d}.png"
            save_png(picture, FOLDER / name / file)
            scenes.append((file, picture.size, objects))
        if name == "evaluation":
            categories = [{"id": k + 1, "name": shape} for k, shape in enumerate(SHAPES)]
            write_instances(FOLDER / "instances.json", scenes, categories)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--scenes", type=int, default=6000)
    args = parser.parse_args()
    write_pictures()
    torch.manual_seed(0)
    model = AnchorFree(len(SHAPES))
    skew_channels(model, 1.0)
    if args.steps > 0:
        images, classes, corners = training_set(1, args.scenes)

        def loss(net, chosen):
            image = images[chosen].float()
            image = image + torch.randn_like(image) * 4 * torch.rand(len(chosen), 1, 1, 1)
            return box_loss(*net.raw(image / 255)[:2], classes[chosen], corners[chosen])

        train(model, loss, args.scenes, args.steps)
        export(model, FOLDER / "detector.onnx", (3, SIDE, SIDE), ["images"], ["output0"])
    figures = detection_figures(FOLDER)
    (FOLDER / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(figures)


if __name__ == "__main__":
    main()
