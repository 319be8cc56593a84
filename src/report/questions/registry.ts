import { absmaxMethod } from './kinds/absmax-method.js';
import { accuracyAgainstCost } from './kinds/accuracy-against-cost.js';
import { baselinesOnly } from './kinds/baselines-only.js';
import { bestOfGrid } from './kinds/best-of-grid.js';
import { calibrationNoise } from './kinds/calibration-noise.js';
import { calibrationSize } from './kinds/calibration-size.js';
import { deployment } from './kinds/deployment.js';
import { effectOfOneAxis } from './kinds/effect-of-one-axis.js';
import { execution } from './kinds/execution.js';
import { layerSensitivity } from './kinds/layer-sensitivity.js';
import { smoothingMethods } from './kinds/smoothing-methods.js';
import { voidReference } from './kinds/void-reference.js';
import type { Question } from './question.js';

/** Every kind of question. */
export type QuestionKind =
  | 'void'
  | 'deployment'
  | 'baselines'
  | 'sensitivity'
  | 'noise'
  | 'absmax'
  | 'execution'
  | 'cost'
  | 'methods'
  | 'calibration'
  | 'axis'
  | 'grid';

/** Of equally strong questions the first here leads. */
export const questions = {
  void: voidReference,
  deployment,
  baselines: baselinesOnly,
  sensitivity: layerSensitivity,
  noise: calibrationNoise,
  absmax: absmaxMethod,
  execution,
  cost: accuracyAgainstCost,
  methods: smoothingMethods,
  calibration: calibrationSize,
  axis: effectOfOneAxis,
  grid: bestOfGrid,
} satisfies Record<QuestionKind, Question>;

export const questionKinds = Object.keys(questions) as readonly QuestionKind[];
