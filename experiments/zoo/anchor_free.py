"""An anchor-free network in the style of YOLOv8: one output, strides 8 and 16, and its loss."""

import numpy as np
import torch
from nets import Block
from torch import nn

SIDE, STRIDES = 96, (8, 16)


def cells():
    """Return (centres [180, 2] in pixels, strides [180, 1])."""
    centres, strides = [], []
    for stride in STRIDES:
        axis = (torch.arange(SIDE // stride) + 0.5) * stride
        y, x = torch.meshgrid(axis, axis, indexing="ij")
        centres.append(torch.stack([x.flatten(), y.flatten()], 1))
        strides.append(torch.full((x.numel(), 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


class AnchorFree(nn.Module):
    """Backbone to 6 x 6, one step back up, and on both levels a tower that boxes, classes and points share.

    Output [N, 4 + classes + 3 * points, 180]: cx cy w h in input pixels, scores (sigmoid done), then x y score
    of each point, x and y in input pixels.
    """

    def __init__(self, classes, points=0):
        super().__init__()
        self.stem = nn.Sequential(Block(3, 8, 2), Block(8, 16, 2), Block(16, 24, 2), Block(24, 24))
        self.deep = nn.Sequential(Block(24, 28, 2), Block(28, 28))
        self.up = nn.Upsample(scale_factor=2)
        self.fuse = Block(52, 24, kernel=1)
        self.towers = nn.ModuleList([Block(24, 16), Block(28, 16)])
        self.boxes = nn.ModuleList([nn.Conv2d(16, 4, 1) for _ in STRIDES])
        self.scores = nn.ModuleList([nn.Conv2d(16, classes, 1) for _ in STRIDES])
        for score in self.scores:
            nn.init.constant_(score.bias, -4.0)
        self.classes, self.points = classes, points
        if points > 0:
            self.keypoints = nn.ModuleList([nn.Conv2d(16, 3 * points, 1) for _ in STRIDES])
        centres, strides = cells()
        self.register_buffer("centres", centres.T[None])
        self.register_buffer("strides", strides.T[None])

    def raw(self, images):
        """Return (corners [N, 4, 180] in pixels, class logits [N, classes, 180], places and logits of the points).

        Places [N, points, 2, 180] are in pixels, logits [N, points, 1, 180]; both are None without points.
        """
        shallow = self.stem(images)
        deep = self.deep(shallow)
        levels = [self.fuse(torch.cat([self.up(deep), shallow], 1)), deep]
        distances, logits, keypoints = [], [], []
        for index, stride in enumerate(STRIDES):
            features, count = self.towers[index](levels[index]), (SIDE // stride) ** 2
            distances.append(self.boxes[index](features).reshape(-1, 4, count))
            logits.append(self.scores[index](features).reshape(-1, self.classes, count))
            if self.points > 0:
                keypoints.append(self.keypoints[index](features).reshape(-1, self.points, 3, count))
        distance = nn.functional.softplus(torch.cat(distances, 2)) * 2 * self.strides
        left_top, right_bottom = distance[:, :2], distance[:, 2:]
        corners = torch.cat([self.centres - left_top, self.centres + right_bottom], 1)
        if self.points == 0:
            return corners, torch.cat(logits, 2), None, None
        keypoint = torch.cat(keypoints, 3)
        places = keypoint[:, :, :2] * 2 * self.strides + self.centres
        return corners, torch.cat(logits, 2), places, keypoint[:, :, 2:]

    def forward(self, images):
        corners, logits, places, point_logits = self.raw(images)
        low, high = corners[:, :2], corners[:, 2:]
        rows = [(low + high) / 2, high - low, torch.sigmoid(logits)]
        if self.points > 0:
            point = torch.cat([places, torch.sigmoid(point_logits)], 2)
            rows.append(point.reshape(-1, 3 * self.points, point.shape[3]))
        return torch.cat(rows, 1)


def assign(objects, r, left, top):
    """Return (class [180], corners [180, 4], index of the object [180]) of the cells near an object's centre.

    A class of -1 stands for no object, -2 for a crowd, whose cells are left out of the loss.
    """
    centres, strides = (t.numpy() for t in cells())
    classes = np.full(len(centres), -1, np.int64)
    corners, owner = np.zeros((len(centres), 4), np.float32), np.full(len(centres), -1, np.int64)
    for index in sorted(range(len(objects)), key=lambda k: -objects[k]["area"]):
        item = objects[index]
        x, y, w, h = (v * r for v in item["bbox"])
        x, y = x + left, y + top
        stride = STRIDES[0] if max(w, h) <= 28 else STRIDES[1]
        away = np.abs(centres - [x + w / 2, y + h / 2]).max(1)
        near = (strides[:, 0] == stride) & (away < stride)
        inside = (np.abs(centres - [x + w / 2, y + h / 2]) < [w / 2, h / 2]).all(1)
        own = near & (inside | (away <= stride / 2))
        classes[own] = -2 if item["iscrowd"] else item["kind"]
        corners[own], owner[own] = [x, y, x + w, y + h], index
    return classes, corners, owner


def generalized_iou(a, b):
    """Return (GIoU, IoU) of corner boxes [..., 4]."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    inner = (high - low).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1) - inner
    hull = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).prod(-1)
    iou = inner / union.clamp(min=1e-6)
    return iou - (hull - union) / hull.clamp(min=1e-6), iou


def box_loss(boxes, logits, classes, corners):
    """Quality focal loss of the classes and GIoU of the boxes, divided by the number of positives."""
    boxes, logits = boxes.transpose(1, 2), logits.transpose(1, 2)
    positive, count = classes >= 0, (classes >= 0).sum().clamp(min=1)
    giou, iou = generalized_iou(boxes[positive], corners[positive])
    target = torch.zeros_like(logits)
    rows = positive.nonzero()
    target[rows[:, 0], rows[:, 1], classes[positive]] = iou.detach().clamp(min=0.1)
    error = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    error = error * (target - torch.sigmoid(logits)).abs() ** 2 * (classes > -2)[..., None]
    return (2 * (1 - giou).sum() + 2 * error.sum()) / count
