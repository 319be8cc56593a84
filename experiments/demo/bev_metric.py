"""nuScenes-style centre-distance mAP of dense heatmaps, in numpy (the check of the tool's own metric)."""

import numpy as np

DISTANCES = (0.5, 1.0, 2.0, 4.0)
MAX_PEAKS = 100
MIN_SCORE = 0.01


def find_peaks(heatmap):
    """Return (scores, classes, x, y) of one scene's peaks, heatmap [C, H, W], best first, at most MAX_PEAKS.

    A peak is at least as high as its 8 neighbours; ties go to the lower flat index.
    """
    _, height, width = heatmap.shape
    padded = np.pad(heatmap, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    is_peak = heatmap >= MIN_SCORE
    for dy in range(3):
        for dx in range(3):
            is_peak &= heatmap >= padded[:, dy : dy + height, dx : dx + width]
    flat = np.flatnonzero(is_peak)
    flat = flat[np.argsort(-heatmap.ravel()[flat], kind="stable")][:MAX_PEAKS]
    classes, rest = np.divmod(flat, height * width)
    rows, columns = np.divmod(rest, width)
    return heatmap.ravel()[flat], classes, columns + 0.5, rows + 0.5


def average_precision(is_true, object_count):
    """Return the AP of detections by falling score: mean over recall 0.11..1 of max(precision - 0.1, 0) / 0.9."""
    if object_count == 0 or not is_true.any():
        return 0.0
    true_positives = np.cumsum(is_true)
    precision = true_positives / np.arange(1, len(is_true) + 1)
    recall = true_positives / object_count
    at = np.interp(np.linspace(0, 1, 101), recall, precision, right=0)
    return float(np.maximum(at[11:] - 0.1, 0).mean() / 0.9)


def mean_average_precision(heatmaps, ground_truth):
    """Return (mAP, AP [classes, distances]) of heatmaps [N, C, H, W] against the ground truth's N scenes."""
    class_count = len(ground_truth["classes"])
    peaks = [find_peaks(heatmap) for heatmap in heatmaps]
    table = np.zeros((class_count, len(DISTANCES)))
    for wanted in range(class_count):
        objects = [
            np.array([(o["x"], o["y"]) for o in scene["objects"] if o["class"] == wanted]).reshape(-1, 2)
            for scene in ground_truth["scenes"]
        ]
        detections = [
            (score, scene, x, y)
            for scene, peak in enumerate(peaks)
            for score, found, x, y in zip(*peak)
            if found == wanted
        ]
        order = np.argsort([-d[0] for d in detections], kind="stable")
        for column, distance in enumerate(DISTANCES):
            free = [np.ones(len(o), bool) for o in objects]
            is_true = np.zeros(len(detections), bool)
            for place, index in enumerate(order):
                _, scene, x, y = detections[index]
                if not free[scene].any():
                    continue
                gap = np.hypot(objects[scene][:, 0] - x, objects[scene][:, 1] - y)
                gap[~free[scene]] = np.inf
                nearest = int(gap.argmin())
                if gap[nearest] < distance:
                    is_true[place] = True
                    free[scene][nearest] = False
            table[wanted, column] = average_precision(is_true, sum(len(o) for o in objects))
    return float(table.mean()), table
