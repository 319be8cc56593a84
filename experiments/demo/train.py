"""Train the demo's detector on scenes written by dump-scenes.ts and export it. See README.md.

    python train.py --data FOLDER [--epochs 12] [--scenes 6000] [--threads 2] [--out bev-demo.onnx]
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from bev_metric import mean_average_precision
from bev_model import CLASSES, GRID, BevDetector, export_onnx

# Deviation of the training target's Gaussian in cells: car, truck, pedestrian.
SIGMA = (0.9, 1.1, 0.7)


def load_scenes(folder, name):
    """Return (features float16 [N, 8, H, W], ground truth) of one dump."""
    features = np.load(Path(folder) / f"{name}.npy", mmap_mode="r")
    return features, json.loads((Path(folder) / f"{name}_gt.json").read_text())


def draw_targets(ground_truth):
    """Return Gaussian heatmaps [N, 3, H, W] with exactly 1 in the cell of each centre."""
    axis = np.arange(GRID)
    targets = np.zeros((len(ground_truth["scenes"]), CLASSES, GRID, GRID), np.float16)
    for target, scene in zip(targets, ground_truth["scenes"]):
        for item in scene["objects"]:
            column, row = int(item["x"]), int(item["y"])
            spread = 2 * SIGMA[item["class"]] ** 2
            across = np.exp(-((axis + 0.5 - item["x"]) ** 2) / spread)
            along = np.exp(-((axis + 0.5 - item["y"]) ** 2) / spread)
            bump = np.outer(along / along[row], across / across[column])
            bump = np.minimum(bump, 0.97)
            bump[row, column] = 1
            np.maximum(target[item["class"]], bump, out=target[item["class"]])
    return targets


def focal_loss(logits, target):
    """CornerNet's focal loss (alpha 2, beta 4) over heatmaps, divided by the number of centres."""
    score = torch.sigmoid(logits)
    centre = (target >= 1).float()
    log_score = torch.nn.functional.logsigmoid(logits)
    hit = centre * (1 - score) ** 2 * log_score
    miss = (1 - centre) * (1 - target) ** 4 * score**2 * (log_score - logits)
    return -(hit + miss).sum() / centre.sum().clamp(min=1)


def mirror(features, targets):
    """Return both flipped left to right; the sensor stands on the axis, so only the x offset changes sign."""
    features, targets = features.flip(3), targets.flip(3)
    features[:, 6] *= -1
    return features, targets


def typical_size(features):
    """Return per-channel medians [8] of the size of the non-zero values: robust against the long tails."""
    sample = np.abs(np.asarray(features[:500], np.float32)).transpose(1, 0, 2, 3).reshape(features.shape[1], -1)
    return np.array([np.median(channel[channel > 0]) for channel in sample])


def predict(model, features):
    """Return heatmaps [N, 3, H, W] after the sigmoid."""
    model.eval()
    parts = []
    with torch.no_grad():
        for first in range(0, len(features), 32):
            raw = torch.from_numpy(np.asarray(features[first : first + 32], np.float32))
            parts.append(torch.sigmoid(model(raw)))
    return torch.cat(parts).numpy()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", default=str(Path(__file__).with_name("bev-demo.onnx")))
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--scenes", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    features, truth = load_scenes(args.data, "train")
    features = torch.from_numpy(np.array(features[: args.scenes]))
    truth["scenes"] = truth["scenes"][: args.scenes]
    targets = torch.from_numpy(draw_targets(truth))
    evaluation, evaluation_truth = load_scenes(args.data, "eval")

    model = BevDetector(1 / typical_size(features.numpy()))
    print(f"{sum(p.numel() for p in model.parameters())} parameters")
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=1e-2)
    steps = args.epochs * (len(features) // args.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=steps, pct_start=0.15)
    start = time.time()
    for epoch in range(args.epochs):
        model.train()
        total = 0.0
        order = torch.randperm(len(features))
        batches = len(features) // args.batch
        for step in range(batches):
            chosen = order[step * args.batch : (step + 1) * args.batch]
            raw, target = features[chosen].float(), targets[chosen].float()
            if torch.rand(()) < 0.5:
                raw, target = mirror(raw, target)
            loss = focal_loss(model(raw), target)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        score, _ = mean_average_precision(predict(model, evaluation), evaluation_truth)
        seconds = time.time() - start
        print(f"epoch {epoch + 1}: loss {total / batches:.4f}, mAP {score:.4f}, {seconds:.0f} s", flush=True)
        export_onnx(model.eval(), args.out)
    torch.save(model.state_dict(), Path(args.data) / "bev-demo.pt")
    print(mean_average_precision(predict(model, evaluation), evaluation_truth))


if __name__ == "__main__":
    main()
