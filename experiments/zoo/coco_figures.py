"""COCO files, and the FP32 figures of detectors by pycocotools: an independent judge of quantsweep's."""

import contextlib
import io
import json

import numpy as np
from nets import open_session
from PIL import Image
from pictures import letterbox
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ("AP", "AP50", "AP75", "APs", "APm", "APl", "AR1", "AR10", "AR100", "ARs", "ARm", "ARl")


def write_instances(path, scenes, categories):
    """Write scenes (file name, (width, height), objects) as COCO JSON; ids from 1, one scene a line."""
    images, annotations = [], []
    for index, (file, (width, height), objects) in enumerate(scenes, 1):
        images.append({"id": index, "file_name": file, "width": width, "height": height})
        for item in objects:
            extra = {k: v for k, v in item.items() if k != "kind"}
            annotation = {"id": len(annotations) + 1, "image_id": index, "category_id": item["kind"] + 1, **extra}
            annotations.append(annotation)
    lists = {
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }
    parts = [f' "{k}": [\n' + ",\n".join("  " + json.dumps(v) for v in values) + "\n ]" for k, values in lists.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def suppress(boxes, scores, threshold, most):
    """Return the indices that greedy NMS keeps; boxes [n, 4] as corners, suppressed if IoU > threshold."""
    order, kept = list(np.argsort(-scores, kind="stable")), []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while order and len(kept) < most:
        best = order.pop(0)
        kept.append(best)
        rest = np.array(order, int)
        size = np.minimum(boxes[rest, 2:4], boxes[best, 2:4]) - np.maximum(boxes[rest, :2], boxes[best, :2])
        inner = size.clip(min=0).prod(1)
        order = list(rest[inner / np.maximum(areas[rest] + areas[best] - inner, 1e-12) <= threshold])
    return kept


def detect(boxes, scores, confidence, iou, most=300):
    """Return rows (class, score, corners) of one picture: every class above confidence, NMS per class.

    Further columns of boxes go along with them.
    """
    rows = []
    for kind in range(scores.shape[1]):
        chosen = np.flatnonzero(scores[:, kind] > confidence)
        kept = suppress(boxes[chosen], scores[chosen, kind], iou, most)
        rows += [(kind, float(scores[chosen[k], kind]), boxes[chosen[k]]) for k in kept]
    return sorted(rows, key=lambda row: -row[1])[:most]


def evaluate(truth_path, results, kind="bbox", sigmas=None):
    """Return pycocotools' figures, -1 (nothing to count) as null."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(truth_path))
        judge = COCOeval(truth, truth.loadRes(results), kind)
        if sigmas is not None:
            judge.params.kpt_oks_sigmas = np.array(sigmas)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return [None if value < 0 else float(value) for value in judge.stats]


def letterboxed_results(folder, model, decode):
    """Return COCO results of all evaluation pictures; decode turns one output and the way back into rows."""
    session, results = open_session(folder / model), []
    for image in json.loads((folder / "instances.json").read_text())["images"]:
        picture = Image.open(folder / "evaluation" / image["file_name"]).convert("RGB")
        pixels, r, left, top = letterbox(picture, session.get_inputs()[0].shape[2])
        planes = pixels.transpose(2, 0, 1).astype(np.float32)
        output = session.run(None, {session.get_inputs()[0].name: planes[None] / np.float32(255)})
        results += [{"image_id": image["id"], **row} for row in decode(output[0][0], picture.size, r, left, top)]
    return results


def detection_figures(folder):
    """Score the detector: confidence 0.001, NMS at 0.7 per class, at most 300, boxes clipped to the picture."""

    def decode(output, size, r, left, top):
        centre, extent, scores = output[:2].T, output[2:4].T, output[4:].T
        boxes = np.concatenate([centre - extent / 2, centre + extent / 2], 1).astype(np.float64)
        for kind, score, corners in detect(boxes, scores, 0.001, 0.7):
            x0, y0, x1, y1 = ((corners - [left, top, left, top]) / r).clip(0, [*size, *size]).tolist()
            yield {"category_id": kind + 1, "score": score, "bbox": [x0, y0, x1 - x0, y1 - y0]}

    results = letterboxed_results(folder, "detector.onnx", decode)
    return dict(zip(NAMES, evaluate(folder / "instances.json", results)))
