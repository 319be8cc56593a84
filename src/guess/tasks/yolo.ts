import type { TruthFacts, TruthOf } from '../data-facts.js';
import { classNames } from './class-names.js';
import { boxTruth, classesOfTruth, NO_BOXES } from './detection-truth.js';
import type { Plain, Recogniser, Seen, SeenOutput, TaskGuess } from './task-guess.js';

type Head = Readonly<Record<string, Plain>>;

/** Rows that graphs with their own suppression give at most. */
const MOST_ROWS = 1000;
const MASK_COEFFICIENTS = 32;
/** Of people in COCO. */
const COCO_POINTS = 17;

/** Heads of one tensor of boxes: YOLOv5 to v12, YOLOv10, YOLOX, RT-DETR of ultralytics. */
export const recogniseYolo: Recogniser = (seen) => {
  const boxes = seen.outputs.filter(({ dims, isInteger }) => dims.length === 2 && !isInteger);
  const [output] = boxes;
  if (output === undefined || boxes.length > 1) return null;
  const { task = 'detect' } = seen.facts.metadata;
  if (seen.outputs.length > 1 && task !== 'segment') return null;
  const names = classNames(seen.facts.metadata);
  return names === null ? byShape(seen, output) : byMetadata(seen, output, names);
};

/** Levels that heads have. */
const STRIDES = [
  [8, 16, 32],
  [8, 16],
  [8, 16, 32, 64],
  [16, 32],
] as const;

/** Numbers of cells of the grids that such heads have on a picture. */
function cellsOf(size: readonly [number, number] | null): readonly number[] {
  if (size === null) return [];
  const [height, width] = size;
  return STRIDES.map((strides) =>
    strides.reduce((sum, stride) => sum + Math.ceil(height / stride) * Math.ceil(width / stride), 0),
  );
}

function byMetadata(seen: Seen, output: SeenOutput, names: readonly string[]): TaskGuess | null {
  const { task = 'detect', kpt_shape: points = '' } = seen.facts.metadata;
  const [a, b] = output.dims;
  if (typeof a !== 'number' || typeof b !== 'number') return null;
  const [pointCount = 0, pointSize = 0] = points.match(/\d+/g)?.map(Number) ?? [];
  const extra =
    task === 'segment' ? MASK_COEFFICIENTS : task === 'pose' ? pointCount * pointSize : task === 'obb' ? 1 : 0;
  const because = `metadata: task ${task}, ${names.length} names; output [${a}, ${b}]`;
  const only = seen.outputs.length > 1 ? [output.name] : null;
  const unscored =
    task === 'detect' ? [] : [`Only boxes are scored here, not what belongs to task ${task} of ultralytics.`];
  const head = headOf(a, b, names.length, extra);
  if (head === null) {
    const missing = [`Neither 4 nor 5 columns beside ${names.length} classes: name the head in task.head yourself.`];
    return unscoredGuess({ looksLike: `an ultralytics model of ${names.length} classes`, because, missing, only });
  }
  if (task === 'obb') {
    const missing = ['Rotated boxes have no task here.'];
    return unscoredGuess({ looksLike: `an oriented head of ${names.length} classes`, because, missing, only });
  }
  return scored(seen, head, { names, because, only, unscored });
}

function headOf(a: number, b: number, classes: number, extra: number): Head | null {
  const own = extra === 0 ? {} : { extra };
  if (b === 6 && a <= MOST_ROWS) return { kind: 'end2end' };
  if (a === 4 + classes + extra) return { kind: 'yolov8', ...own };
  if (b === 5 + classes + extra) return { kind: 'yolov5', ...own };
  if (b === 4 + classes && a <= MOST_ROWS) return { kind: 'rtdetr' };
  return b === 4 + classes + extra ? { kind: 'yolov8', ...own } : null;
}

/** Without metadata the number of classes is told by truth alone: 4 + n and 5 + n look alike. */
function byShape(seen: Seen, output: SeenOutput): TaskGuess | null {
  const [a, b] = output.dims;
  if (typeof a !== 'number' || typeof b !== 'number') return null;
  const cells = cellsOf(seen.main.size);
  const because = `output [${a}, ${b}]`;
  if (b === 6 && a <= MOST_ROWS && a > 6) return scored(seen, { kind: 'end2end' }, { names: null, because });
  const classes = classesOfTruth(boxTruth(seen.data));
  const isGrid = cells.some((own) => a === own || b === own || a === 3 * own || b === 3 * own);
  const looksDense = Math.max(a, b) >= 4 * Math.min(a, b) && Math.max(a, b) >= 100 && Math.min(a, b) > 4;
  // A long sequence of classes has such a shape, too.
  if (!isGrid && !(looksDense && classes !== null && isOneOf(Math.min(a, b), classes))) return null;
  if (a < b) {
    return scored(seen, { kind: 'yolov8' }, { names: null, because: `${because}: channels before ${b} boxes` });
  }
  const anchored = cells.find((own) => a === 3 * own);
  if (anchored !== undefined) {
    return scored(
      seen,
      { kind: 'yolov5' },
      { names: null, because: `${because}: three boxes for each of ${anchored} cells` },
    );
  }
  if (classes !== null && b === 5 + classes) {
    const missing = ['It may be YOLOX: then set head.kind to yolox.'];
    return scored(seen, { kind: 'yolov5' }, { names: null, because, unscored: missing });
  }
  if (classes !== null && b === 4 + classes) return scored(seen, { kind: 'yolov8' }, { names: null, because });
  const ask = `Columns may be 4 + ${b - 4} classes (head yolov8) or 5 + ${b - 5} (yolov5, yolox): nothing tells, so none was taken.`;
  return unscoredGuess({ looksLike: `boxes of ${a} cells`, because, missing: [ask], only: null });
}

function isOneOf(columns: number, classes: number): boolean {
  return columns === 4 + classes || columns === 5 + classes;
}

interface Basis {
  readonly names: readonly string[] | null;
  readonly because: string;
  readonly only?: readonly string[] | null;
  readonly unscored?: readonly string[];
}

const titles: Readonly<Record<string, string>> = {
  yolov8: 'a YOLOv8 head (v8, v9, 11, 12)',
  yolov5: 'a YOLOv5 head',
  rtdetr: 'an RT-DETR head',
  end2end: 'rows of box, score and class, as of YOLOv10',
};

function scored(seen: Seen, head: Head, { names, because, only = null, unscored = [] }: Basis): TaskGuess {
  const truth = boxTruth(seen.data);
  const of = names === null ? '' : ` of ${names.length} classes`;
  const pose = truth?.kind === 'coco' ? poseTask(truth, seen, of) : null;
  if (pose !== null) return { ...pose, because, outputs: only };
  const looksLike = `${titles[typeof head['kind'] === 'string' ? head['kind'] : ''] ?? 'a detection head'}${of}`;
  if (truth === null) return unscoredGuess({ looksLike, because, missing: [...unscored, NO_BOXES], only });
  return {
    ...{ looksLike, because, family: 'ultralytics', missing: unscored, outputs: only },
    task: { kind: 'detection', truth: truth.path, head, ...classesOf(truth, names) },
  };
}

/** Keypoints of YOLOv8-pose, where the columns are those of the truth's classes and points. */
function poseTask(
  { path, classes, points }: TruthOf<'coco'>,
  seen: Seen,
  of: string,
): Omit<TaskGuess, 'because' | 'outputs'> | null {
  const columns = Math.min(...seen.outputs[0]!.dims.map((length) => length ?? Infinity));
  if (points === 0 || columns !== 4 + classes.length + 3 * points) return null;
  const isCoco = points === COCO_POINTS;
  return {
    ...{ looksLike: `a YOLOv8-pose head${of}, ${points} points`, family: 'ultralytics' },
    task: {
      ...{ kind: 'keypoints', truth: path },
      ...(isCoco ? {} : { sigmas: Array.from({ length: points }, () => Number((1 / points).toFixed(3))) }),
    },
    missing: isCoco ? [] : [`The sigmas are ultralytics' 1 / ${points}, which are no measure of people's precision.`],
  };
}

/** Classes by name, where the truth has names and the model's are among them in another order. */
function classesOf(truth: TruthFacts, names: readonly string[] | null): Readonly<Record<string, Plain>> {
  if (names === null) return {};
  if (truth.kind === 'voc' || truth.kind === 'yolo') return { classes: names };
  if (truth.kind !== 'coco' || String(truth.classes) === String(names)) return {};
  const known = new Set(truth.classes);
  return names.some((name) => known.has(name)) ? { classes: names.map((name) => (known.has(name) ? name : null)) } : {};
}

function unscoredGuess(
  own: Pick<TaskGuess, 'looksLike' | 'because' | 'missing'> & { readonly only: readonly string[] | null },
): TaskGuess {
  const { only, ...rest } = own;
  return { ...rest, family: 'ultralytics', task: null, outputs: only };
}
