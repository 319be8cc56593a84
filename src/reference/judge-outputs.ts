import { taskOf, type TaskSettings } from '../tasks/task-settings.js';
import type { NamedSurvey, OutputSurvey } from './output-survey.js';
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
 * sample, and outputs whose cosine is 1 by construction. Of several outputs one that tells nothing
 * leaves the others: only where all are so is FP32 no reference.
 *
 * @param feeding where to look first, a sentence
 */
export function judgeOutputs(
  task: Pick<TaskSettings, 'kind'>,
  surveys: readonly NamedSurvey[],
  feeding: string,
): readonly ReferenceWarning[] {
  const found = surveys.map(({ output, survey }) => {
    const what = surveys.length === 1 ? "FP32's output" : `FP32's output "${output}"`;
    return judgeOutput(task, { ...survey, what }, feeding);
  });
  const isVoid = found.every((warnings) => warnings.some(({ voids }) => voids));
  const isSeveral = surveys.length > 1;
  return found.flatMap((warnings) =>
    warnings.map((warning) => ({
      ...warning,
      voids: warning.voids && isVoid,
      cause: isSeveral && warning.voids && !isVoid ? `${LEAVE_OUT} ${warning.cause}` : warning.cause,
    })),
  );
}

/** What to do about one of several outputs that tells nothing. */
const LEAVE_OUT = 'The other outputs tell trials apart. Leave this one out: name the others as model.outputs.';

/** What was seen, with what messages call the output. */
type Survey = OutputSurvey & { readonly what: string };

function judgeOutput(
  { kind }: Pick<TaskSettings, 'kind'>,
  survey: Survey,
  feeding: string,
): readonly ReferenceWarning[] {
  const { samples, size } = survey;
  if (size === null || samples < 2) return [];
  if (isConstant(survey)) return [constantOutput(survey, feeding)];
  if (taskOf(kind).judgedAs !== 'likeness') return [];
  if (size === 1) return [scalarOutput(survey)];
  return [zeroOutputs(survey), alikeOutputs(survey)].filter((warning) => warning !== null);
}

function isConstant({ deviation, lowest, highest }: OutputSurvey): boolean {
  return deviation <= ROUNDING * Math.max(Math.abs(lowest), Math.abs(highest));
}

function constantOutput(
  { what: name, samples, lowest, highest, zeroSamples }: Survey,
  feeding: string,
): ReferenceWarning {
  const what =
    zeroSamples === samples
      ? 'all 0'
      : lowest === highest
        ? `${number(lowest)} throughout`
        : `from ${number(lowest)} to ${number(highest)}`;
  return {
    kind: 'constant-output',
    voids: true,
    message: `${name} is the same for all ${samples.toLocaleString('en-US')} evaluated samples (${what}): it does not depend on the sample there, and no trial can be told from another by it.`,
    cause: `Likely cause: model.output names the wrong output, the model lost its weights in the export, or all samples are equal. Else: ${feeding}`,
  };
}

function scalarOutput({ what, lowest, highest }: Survey): ReferenceWarning {
  const cause =
    'The cosine of single numbers is their sign. Use task.primary: relativeError or sqnr, which measure the error itself, or name another output in model.output.';
  if (lowest > 0 || highest < 0) {
    return {
      kind: 'one-sign',
      voids: true,
      message: `${what} is one number a sample, ${lowest > 0 ? 'above' : 'below'} 0 for every evaluated sample (${number(lowest)} to ${number(highest)}): its cosine to a trial's is 1 wherever the sign is kept, whatever the error.`,
      cause,
    };
  }
  return {
    kind: 'scalar-output',
    voids: false,
    message: `${what} is one number a sample (${number(lowest)} to ${number(highest)}): fidelity only counts equal signs.`,
    cause,
  };
}

function zeroOutputs({ what, samples, zeroSamples }: Survey): ReferenceWarning | null {
  if (zeroSamples < MANY_ZEROS * samples) return null;
  return {
    kind: 'zero-outputs',
    voids: false,
    message: `${what} is all 0 for ${zeroSamples} of ${samples} evaluated samples: the cosine there is 1 where a trial's output is all 0, too, and 0 where it is not.`,
    cause: 'Take samples that the output says something of, or another output (model.output).',
  };
}

function alikeOutputs({ what, neighbourCosines, neighbourPairs }: Survey): ReferenceWarning | null {
  const mean = neighbourCosines / neighbourPairs;
  if (neighbourPairs === 0 || mean < ALIKE) return null;
  return {
    kind: 'alike-outputs',
    voids: false,
    message: `${ownOutputs(what)} of different samples have a cosine of ${mean.toFixed(6)} on average (consecutive samples): a trial's cosine tells little unless it is far nearer to 1.`,
    cause:
      'The output has a large part that no sample changes (an offset, say). Judge by a task with a metric of its own (docs/TASKS.md), by another task.primary, or by an output without it.',
  };
}

/** `FP32's own outputs`, and of which output where there are several. */
function ownOutputs(what: string): string {
  return what.replace(/^FP32's output/, "FP32's own outputs");
}

function number(value: number): string {
  return String(Number(value.toPrecision(3)));
}
