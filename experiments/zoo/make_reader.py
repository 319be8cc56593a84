"""Make the reader of drawn strips of text, its pictures and its texts. See README.md.

    python make_reader.py [--steps 2000]

Input `strip` [N, 1, 20, 96], grey / 255. Output `probabilities` [N, 48, 25] after Softmax: 48 steps, blank 0,
then the characters of `alphabet.txt`. Texts: `texts.csv`, a file name and a text a line.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from font import ALPHABET, write_text
from nets import Block, export, open_session, skew_channels, train
from PIL import Image
from torch import nn

HEIGHT, WIDTH = 20, 96
FOLDER = Path(__file__).with_name("reader")


class Reader(nn.Module):
    """Convolutions that keep 48 columns and take the rows together; no recurrence."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            Block(1, 12, activation=nn.ReLU),
            nn.MaxPool2d(2),
            Block(12, 20, activation=nn.ReLU),
            nn.MaxPool2d((2, 1)),
            Block(20, 28, activation=nn.ReLU),
            nn.Conv2d(28, 32, (5, 3), padding=(0, 1), bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 1 + len(ALPHABET), 1),
        )

    def logits(self, strip):
        return self.body(strip).squeeze(2).transpose(1, 2)

    def forward(self, strip):
        return torch.softmax(self.logits(strip), 2)


def draw_strip(rng):
    """Return (strip uint8 [20, 96], text, middle of each character in pixels).

    3 to 6 characters of any size, place and contrast; the noisy values are in steps of 8.
    """
    text = "".join(rng.choice(list(ALPHABET), rng.integers(3, 7)))
    dots = write_text(text)
    height = int(rng.integers(9, 17))
    width = int(min(dots.shape[1] * height / 7 * rng.uniform(0.75, 1.15), WIDTH - 4))
    ink = Image.fromarray((dots * 255).astype(np.uint8)).resize((width, height), Image.Resampling.BILINEAR)
    canvas = Image.new("L", (WIDTH, HEIGHT))
    left, top = int(rng.integers(1, WIDTH - width)), int(rng.integers(1, HEIGHT - height))
    canvas.paste(ink, (left, top))
    canvas = canvas.rotate(rng.uniform(-3, 3), Image.Resampling.BILINEAR)
    paper, pen = rng.uniform(0, 255), rng.uniform(0, 255)
    if abs(paper - pen) < 60:
        pen = paper + 60 if paper < 128 else paper - 60
    noise = rng.normal(0, rng.uniform(2, 26), (HEIGHT, WIDTH))
    strip = paper + (pen - paper) * np.asarray(canvas, np.float32) / 255 + noise
    middles = left + (np.arange(len(text)) * 6 + 2.5) * width / dots.shape[1]
    return np.clip(strip, 0, 255).astype(np.uint8) // 8 * 8 + 3, text, middles


def write_strips():
    """Write 32 calibration and 96 evaluation strips and the texts of the latter."""
    lines = ["file,text"]
    for name, seed, count in (("calibration", 2, 32), ("evaluation", 3, 96)):
        rng = np.random.default_rng(seed)
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        for index in range(count):
            strip, text, _ = draw_strip(rng)
            Image.fromarray(strip).save(FOLDER / name / f"{name}-{index:02d}.png", optimize=True)
            if name == "evaluation":
                lines.append(f"{name}-{index:02d}.png,{text}")
    (FOLDER / "texts.csv").write_text("\n".join(lines) + "\n")
    (FOLDER / "alphabet.txt").write_text("\n".join(ALPHABET) + "\n")


def edits(a, b):
    """Return the Levenshtein distance of two strings."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def decode(steps):
    """Return the text of steps [48, 25]: best class a step, equal neighbours merged, blanks dropped."""
    best = steps.argmax(1)
    kept = [k for i, k in enumerate(best) if k != 0 and (i == 0 or k != best[i - 1])]
    return "".join(ALPHABET[k - 1] for k in kept)


def figures():
    """Return the character error rate (edits over characters) and the share of strips read without error."""
    session = open_session(FOLDER / "reader.onnx")
    rows = [line.split(",") for line in (FOLDER / "texts.csv").read_text().splitlines()[1:]]
    total, length, exact = 0, 0, 0
    for file, text in rows:
        strip = np.asarray(Image.open(FOLDER / "evaluation" / file), np.float32)[None, None] / np.float32(255)
        distance = edits(decode(session.run(None, {"strip": strip})[0][0]), text)
        total, length, exact = total + distance, length + len(text), exact + (distance == 0)
    return {"characterErrorRate": total / length, "exactMatch": exact / len(rows), "edits": total}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--strips", type=int, default=12000)
    args = parser.parse_args()
    write_strips()
    torch.manual_seed(0)
    model = Reader()
    skew_channels(model, 1.0)
    if args.steps > 0:
        rng = np.random.default_rng(1)
        strips, texts, middles = zip(*(draw_strip(rng) for _ in range(args.strips)))
        strips = torch.from_numpy(np.stack(strips))
        lengths = torch.tensor([len(text) for text in texts])
        targets = torch.zeros(len(texts), 6, dtype=torch.long)
        steps = torch.zeros(len(texts), WIDTH // 2, dtype=torch.long)
        for row, step, text, middle in zip(targets, steps, texts, middles):
            row[: len(text)] = torch.tensor([ALPHABET.index(c) + 1 for c in text])
            step[(middle / 2).astype(int)] = row[: len(text)]
        weight = torch.ones(1 + len(ALPHABET))
        weight[0] = 0.15
        ctc = nn.CTCLoss(zero_infinity=True)

        def loss(net, chosen):
            log = torch.log_softmax(net.logits(strips[chosen][:, None].float() / 255), 2).transpose(0, 1)
            whole = ctc(log, targets[chosen], torch.full((len(chosen),), len(log)), lengths[chosen])
            # CTC alone takes long to begin; the middles of the characters are known.
            return whole + nn.functional.nll_loss(log.permute(1, 2, 0), steps[chosen], weight)

        train(model, loss, args.strips, args.steps, batch=32)
        export(model, FOLDER / "reader.onnx", (1, HEIGHT, WIDTH), ["strip"], ["probabilities"])
    result = figures()
    (FOLDER / "figures.json").write_text(json.dumps(result, indent=2) + "\n")
    print(result)


if __name__ == "__main__":
    main()
