import { flowYaml } from '../yaml-text.js';
import { boxTruth, classesOfTruth, NO_BOXES } from './detection-truth.js';
import type { Family, Plain, Recogniser, Seen, SeenOutput, TaskGuess } from './task-guess.js';

/** Boxes, scores and labels in outputs of their own. */
export const recogniseDetector: Recogniser = (seen) => yunet(seen) ?? listed(seen) ?? suppressed(seen) ?? pair(seen);

/** YuNet of OpenCV: cls, obj, bbox and kps of each stride. */
function yunet(seen: Seen): TaskGuess | null {
  const names = seen.outputs.map(({ name }) => name);
  const strides = names.flatMap((name) => /^cls_(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  const isWhole = strides.every((stride) => names.includes(`obj_${stride}`) && names.includes(`bbox_${stride}`));
  if (strides.length === 0 || !isWhole) return null;
  return scored(
    seen,
    { kind: 'yunet', strides },
    'yunet',
    'a YuNet face detector',
    'outputs cls_, obj_ and bbox_ of each stride',
  );
}

/** `boxes`, `labels` and `scores` of torchvision; `dets` and `labels` of mmdeploy. */
function listed(seen: Seen): TaskGuess | null {
  const labels = seen.outputs.find(({ name, isInteger }) => isInteger || /label|class/i.test(name));
  const boxes = seen.outputs.find(({ dims }) => dims.at(-1) === 4 || dims.at(-1) === 5);
  if (labels === undefined || boxes === undefined || seen.outputs.length > 4) return null;
  if (labels.dims.length > 1 || labels === boxes) return null;
  return scored(
    seen,
    { kind: 'boxes' },
    'detector',
    'boxes, labels and scores of a graph that ends in suppression',
    `outputs ${seen.outputs.map(({ name }) => name).join(', ')}`,
    ['Labels of torchvision begin with 1: set firstLabel: 1, or classIndex: id where they are ids of COCO.'],
  );
}

/** A graph whose output is NonMaxSuppression's. */
function suppressed(seen: Seen): TaskGuess | null {
  const rows = seen.outputs.find(({ maker }) => maker === 'NonMaxSuppression');
  if (rows === undefined) return null;
  return scored(seen, { kind: 'onnxNms' }, 'detector', 'rows of NonMaxSuppression', `output ${rows.name}`, [
    'Its boxes and scores have to be outputs, too.',
  ]);
}

/** Boxes `[B, 4]` and scores `[B, C]`. */
function pair(seen: Seen): TaskGuess | null {
  const flat = seen.outputs.filter(({ dims }) => dims.length === 2);
  const boxes = flat.find(({ dims, name }) => dims[1] === 4 && (/box|loc|reg/i.test(name) || isOnly(flat)));
  const scores = flat.find((output) => output !== boxes && output.dims[0] === boxes?.dims[0]);
  if (boxes === undefined || scores === undefined || seen.outputs.length > 3) return null;
  const [count, columns] = [boxes.dims[0], scores.dims[1]];
  if (typeof count !== 'number' || typeof columns !== 'number') return null;
  const because = `outputs ${boxes.name} [${count}, 4] and ${scores.name} [${count}, ${columns}]`;
  if (columns === 2 && isUltraFace(seen, count)) {
    const head = { kind: 'ssd', boxes: boxes.name, scores: scores.name, decoded: true, activation: 'none' };
    const found = scored(seen, head, 'ultraface', 'an UltraFace face detector', `${because}, the priors of UltraFace`);
    // Those of its own `predict` (`box_utils.hard_nms`).
    const nms = { iou: 0.3, candidatesPerClass: 200 };
    return found.task === null ? found : { ...found, task: { ...found.task, nms } };
  }
  if (count <= 1000 && !/softmax/i.test(scores.maker)) {
    const head = { kind: 'rtdetr', boxes: boxes.name, scores: scores.name };
    const doubt = [`${count} queries look like DETR. Of an SSD set head.kind to ssd.`];
    return scored(seen, head, 'detector', 'a DETR-like head', because, doubt);
  }
  const isDone = /softmax|sigmoid/i.test(scores.maker);
  const head = { kind: 'ssd', boxes: boxes.name, scores: scores.name, ...(isDone ? { activation: 'none' } : {}) };
  return {
    ...{ looksLike: 'an SSD-like pair of boxes and scores', because, family: 'detector', task: null, outputs: null },
    missing: [
      'Nothing tells whether the boxes are decoded, and the order of priors cannot be guessed.',
      `For mAP set task: { kind: detection, truth: FILE, head: ${flowYaml(head)} }, with decoded: true in its head, or with priors: a .npy file [${count}, 4].`,
    ],
  };
}

function isOnly(outputs: readonly SeenOutput[]): boolean {
  return outputs.filter(({ dims }) => dims[1] === 4).length === 1;
}

/** Cells of strides 8, 16, 32 and 64 with 3, 2, 2 and 3 boxes each (`fd_config.py`). */
function isUltraFace({ main: { size } }: Seen, count: number): boolean {
  if (size === null) return false;
  const perCell = [3, 2, 2, 3];
  const cells = [8, 16, 32, 64].map((stride) => Math.ceil(size[0] / stride) * Math.ceil(size[1] / stride));
  return count === cells.reduce((sum, each, level) => sum + each * perCell[level]!, 0);
}

function scored(
  seen: Seen,
  head: Readonly<Record<string, Plain>>,
  family: Family,
  looksLike: string,
  because: string,
  doubts: readonly string[] = [],
): TaskGuess {
  const truth = boxTruth(seen.data);
  const common = { looksLike, because, family, outputs: null } as const;
  if (truth === null) return { ...common, task: null, missing: [...doubts, NO_BOXES] };
  const classes = classesOfTruth(truth);
  const note = classes === null ? [] : [`The truth has ${classes} ${classes === 1 ? 'class' : 'classes'}.`];
  return { ...common, task: { kind: 'detection', truth: truth.path, head }, missing: [...doubts, ...note] };
}
