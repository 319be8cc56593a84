import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import type { OutputSurvey } from './output-survey.js';
import type { ReferenceWarning } from './reference-warning.js';

/** Deviations below this share of the largest output are float32's own. */
const ROUNDING = 1e-6;

/**
 * Mean cosine of consecutive samples from which on the cosine hardly tells one output from another.
 */
const ALIKE = 0.999;

/** Share of samples with an all-zero output from which on that is worth a word. */
const MANY_ZEROS = 0.1;

/**
 * What FP32's outputs say of what can be measured on them: outputs that do not depend on the
 * sample, and outputs whose cosine is 1 by construction.
 *
 * @param feeding where to look first, a sentence
 */
export function judgeOutputs(task: TaskSettings, survey: OutputSurvey, feeding: string): readonly ReferenceWarning[] {
  const { samples, size } = survey;
  if (size === null || samples < 2) return [];
  if (isConstant(survey)) return [constantOutput(survey, feeding)];
  if (taskOf(task.kind).judgedAs !== 'likeness') return [];
  if (size === 1) return [scalarOutput(survey)];
  return [zeroOutputs(survey), alikeOutputs(survey)].filter((warning) => warning !== null);
}

function isConstant({ deviation, lowest, highest }: OutputSurvey): boolean {
  return deviation <= ROUNDING * Math.max(Math.abs(lowest), Math.abs(highest));
}

function constantOutput({ samples, lowest, highest, zeroSamples }: OutputSurvey, feeding: string): ReferenceWarning {
  const what =
    zeroSamples === samples
      ? 'all 0'
      : lowest === highest
        ? `${number(lowest)} throughout`
        : `from ${number(lowest)} to ${number(highest)}`;
  return {
    kind: 'constant-output',
    voids: true,
    message: `FP32's output is the same for all ${samples.toLocaleString('en-US')} evaluated samples (${what}): it does not depend on the sample there, and no trial can be told from another by it.`,
    cause: `Likely cause: model.output names the wrong output, the model lost its weights in the export, or all samples are equal. Else: ${feeding}`,
  };
}

function scalarOutput({ lowest, highest }: OutputSurvey): ReferenceWarning {
  const cause =
    'The cosine of single numbers is their sign. Use a task of kind module or command that measures the error itself, or name another output in model.output.';
  if (lowest > 0 || highest < 0) {
    return {
      kind: 'one-sign',
      voids: true,
      message: `FP32's output is one number a sample, ${lowest > 0 ? 'above' : 'below'} 0 for every evaluated sample (${number(lowest)} to ${number(highest)}): its cosine to a trial's is 1 wherever the sign is kept, whatever the error.`,
      cause,
    };
  }
  return {
    kind: 'scalar-output',
    voids: false,
    message: `FP32's output is one number a sample (${number(lowest)} to ${number(highest)}): fidelity only counts equal signs.`,
    cause,
  };
}

function zeroOutputs({ samples, zeroSamples }: OutputSurvey): ReferenceWarning | null {
  if (zeroSamples < MANY_ZEROS * samples) return null;
  return {
    kind: 'zero-outputs',
    voids: false,
    message: `FP32's output is all 0 for ${zeroSamples} of ${samples} evaluated samples: the cosine there is 1 where a trial's output is all 0, too, and 0 where it is not.`,
    cause: 'Take samples that the output says something of, or another output (model.output).',
  };
}

function alikeOutputs({ neighbourCosines, neighbourPairs }: OutputSurvey): ReferenceWarning | null {
  const mean = neighbourCosines / neighbourPairs;
  if (neighbourPairs === 0 || mean < ALIKE) return null;
  return {
    kind: 'alike-outputs',
    voids: false,
    message: `FP32's own outputs of different samples have a cosine of ${mean.toFixed(6)} on average (consecutive samples): a trial's cosine tells little unless it is far nearer to 1.`,
    cause:
      'The output has a large part that no sample changes (an offset, say). Judge by a task of kind module or command, or by an output without it.',
  };
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
