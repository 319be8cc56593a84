"""Make the denoiser of drawn pictures, its noisy pictures and the clean ones. See README.md.

    python make_restorer.py [--steps 1200]

Input `noisy` [N, 3, 40, 40], RGB / 255. Output `restored` [N, 3, 40, 40] in 0..1.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from nets import Block, export, open_session, skew_channels, train
from pictures import draw_scene
from PIL import Image
from torch import nn

SIDE, NOISE = 40, 25
FOLDER = Path(__file__).with_name("restorer")


class Restorer(nn.Module):
    """Predicts the noise and takes it away."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            Block(3, 16, activation=nn.ReLU),
            Block(16, 16, activation=nn.ReLU),
            Block(16, 16, activation=nn.ReLU),
            Block(16, 16, activation=nn.ReLU),
            nn.Conv2d(16, 3, 3, padding=1),
        )

    def forward(self, noisy):
        return (noisy - self.body(noisy)).clamp(0, 1)


def draw_clean(rng):
    """Return a part of a drawn scene [40, 40, 3] uint8, in the scene's full resolution."""
    picture, _ = draw_scene(rng)
    left, top = (int(rng.integers(0, side - SIDE + 1)) for side in picture.size)
    return np.asarray(picture.crop((left, top, left + SIDE, top + SIDE)))


def add_noise(rng, clean):
    """Return the picture with Gaussian noise of deviation 25, rounded to 8 bits."""
    return np.clip(clean + rng.normal(0, NOISE, clean.shape), 0, 255).round().astype(np.uint8)


def write_pictures():
    """Write 12 noisy calibration pictures, 32 noisy evaluation pictures and their clean originals."""
    for name, seed, count in (("calibration", 2, 12), ("evaluation", 3, 32)):
        rng = np.random.default_rng(seed)
        for index in range(count):
            clean, file = draw_clean(rng), f"{name}-{index:02d}.png"
            pictures = [(FOLDER / name, add_noise(rng, clean))]
            if name == "evaluation":
                pictures.append((FOLDER / "clean", clean))
            for folder, picture in pictures:
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture).save(folder / file, optimize=True)


def decibels(a, b):
    """Return the PSNR of two pictures of 8 bits."""
    return 10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2))


def figures():
    """Return the mean over pictures of the PSNR of the output, in 8 bits, and of the noisy input."""
    session, psnr, before = open_session(FOLDER / "restorer.onnx"), [], []
    for path in sorted((FOLDER / "evaluation").glob("*.png")):
        noisy, clean = np.asarray(Image.open(path)), np.asarray(Image.open(FOLDER / "clean" / path.name))
        image = noisy.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        restored = session.run(None, {"noisy": image})[0][0].transpose(1, 2, 0)
        psnr.append(decibels((restored.clip(0, 1) * np.float32(255)).round(), clean))
        before.append(decibels(noisy, clean))
    return {"psnr": float(np.mean(psnr)), "psnrOfInput": float(np.mean(before))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--scenes", type=int, default=4000)
    args = parser.parse_args()
    write_pictures()
    torch.manual_seed(0)
    model = Restorer()
    skew_channels(model, 0.7)
    if args.steps > 0:
        rng = np.random.default_rng(1)
        clean = torch.from_numpy(np.stack([draw_clean(rng) for _ in range(args.scenes)]).transpose(0, 3, 1, 2).copy())

        def loss(net, chosen):
            truth = clean[chosen].float()
            noisy = (truth + NOISE * torch.randn_like(truth)).round().clamp(0, 255)
            return 1000 * nn.functional.mse_loss(noisy / 255 - net.body(noisy / 255), truth / 255)

        train(model, loss, args.scenes, args.steps)
        export(model, FOLDER / "restorer.onnx", (3, SIDE, SIDE), ["noisy"], ["restored"])
    result = figures()
    (FOLDER / "figures.json").write_text(json.dumps(result, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
