const LAST = 0.95;
const FIRST = 0.5;
const COUNT = 10;

/**
 * The IoU (or OKS) thresholds 0.50, 0.55 .. 0.95 exactly as numpy.linspace(.5, .95, 10) makes them:
 * the ninth is 0.8999999999999999, so an IoU of 0.9 counts there (pycocotools `Params`).
 */
export const IOU_THRESHOLDS: Float64Array = Float64Array.from({ length: COUNT }, (_, index) =>
  index === COUNT - 1 ? LAST : FIRST + index * ((LAST - FIRST) / (COUNT - 1)),
);

/** Bits of all thresholds. */
export const ALL_THRESHOLDS: number = (1 << COUNT) - 1;

/** The recalls 0, 0.01 .. 1 as numpy.linspace(0, 1, 101) makes them: `i * 0.01`, not `i / 100`. */
export const RECALL_POINTS: Float64Array = Float64Array.from({ length: 101 }, (_, index) =>
  index === 100 ? 1 : index * 0.01,
);
