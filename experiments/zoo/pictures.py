"""Drawn pictures of shapes with their truth, and the ways a picture becomes an input."""

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw

SHAPES = ("disc", "box", "triangle")


def background(rng, width, height):
    """Return a picture [height, width, 3] uint8: a gradient between two close colours, and some lines."""
    near = rng.integers(0, 256, 3)
    far = np.clip(near + rng.integers(-50, 51, 3), 0, 255)
    slope = np.add.outer(np.linspace(0, 1, height) * rng.random(), np.linspace(0, 1, width) * rng.random())
    picture = Image.fromarray((near + (far - near) * slope[..., None] / 2).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(rng.integers(0, 5)):
        x0, x1 = rng.integers(0, width, 2).tolist()
        y0, y1 = rng.integers(0, height, 2).tolist()
        draw.line([x0, y0, x1, y1], fill=colour_unlike(rng, near, 40), width=int(rng.integers(1, 4)))
    return picture, near


def colour_unlike(rng, other, distance):
    """Return a colour at least `distance` away from the other one in some channel."""
    while True:
        colour = rng.integers(0, 256, 3)
        if np.abs(colour - other).max() >= distance:
            return tuple(colour.tolist())


def draw_shape(draw, rng, kind, box, fill):
    """Draw one shape that fills the box (x, y, w, h); return its area in pixels."""
    x, y, w, h = box
    if kind == 0:
        draw.ellipse([x, y, x + w - 1, y + h - 1], fill=fill)
        return math.pi / 4 * w * h
    if kind == 1:
        draw.rectangle([x, y, x + w - 1, y + h - 1], fill=fill)
        return float(w * h)
    tip = x + int(rng.integers(w // 4, w - w // 4 + 1))
    points = [(x, y + h - 1), (x + w - 1, y + h - 1), (min(tip, x + w - 1), y)]
    if rng.random() < 0.5:
        points = [(px, 2 * y + h - 1 - py) for px, py in points]
    draw.polygon(points, fill=fill)
    return w * h / 2


def overlap(a, b):
    """Return the intersection of two boxes (x, y, w, h) over the smaller area."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(w, 0) * max(h, 0) / min(a[2] * a[3], b[2] * b[3])


def place_box(rng, width, height, taken, smallest=8):
    """Return a free box (x, y, w, h): sizes log-uniform, sides 2.5 : 1 at most; None if there is no room."""
    for _ in range(20):
        side = math.exp(rng.uniform(math.log(smallest + 2), math.log(min(width, height) * 0.75)))
        aspect = math.exp(rng.uniform(-0.9, 0.9) / 2)
        w, h = int(max(side * aspect, smallest)), int(max(side / aspect, smallest))
        if w >= width or h >= height:
            continue
        box = (int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1)), w, h)
        if all(overlap(box, other) < 0.15 for other in taken):
            return box
    return None


def draw_scene(rng, crowd=False):
    """Return (picture, objects): 72 to 200 pixels a side, one to six shapes, maybe a crowd of dots."""
    width, height = (int(v) for v in rng.integers(72, 201, 2))
    picture, near = background(rng, width, height)
    draw = ImageDraw.Draw(picture)
    objects = []
    for index in range(rng.integers(1, 7)):
        box = place_box(rng, width, height, [o["bbox"] for o in objects])
        if box is None:
            break
        kind = int(rng.integers(0, len(SHAPES)))
        fill = colour_unlike(rng, near, 45)
        if crowd and index == 0 and min(box[2:]) >= 30:
            for x in range(box[0], box[0] + box[2] - 11, 13):
                for y in range(box[1], box[1] + box[3] - 11, 13):
                    draw_shape(draw, rng, kind, (x, y, 11, 11), fill)
            objects.append({"kind": kind, "bbox": box, "area": 0.5 * box[2] * box[3], "iscrowd": 1})
            continue
        area = draw_shape(draw, rng, kind, box, fill)
        objects.append({"kind": kind, "bbox": box, "area": round(area, 2), "iscrowd": 0})
    return picture, objects


def letterbox(picture, side):
    """Return (input [side, side, 3] uint8, r, left, top): bilinear as OpenCV, centred, padded with 114."""
    width, height = picture.size
    r = min(side / width, side / height)
    w, h = round(width * r), round(height * r)
    left, top = round((side - w) / 2 - 0.1), round((side - h) / 2 - 0.1)
    result = np.full((side, side, 3), 114, np.uint8)
    result[top : top + h, left : left + w] = cv2.resize(np.asarray(picture), (w, h), interpolation=cv2.INTER_LINEAR)
    return result, r, left, top


def save_png(picture, path, colours=64):
    """Write a palette PNG, small and without loss of what the reader sees; return it as it reads back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
    return Image.open(path).convert("RGB")
