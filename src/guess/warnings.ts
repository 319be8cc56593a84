import type { DataFacts } from './data-facts.js';
import type { MainInput } from './main-input.js';
import { isQuantized, type ModelFacts, type RunFacts } from './model-facts.js';

/** Fewer samples give wide intervals. */
const FEW_SAMPLES = 200;
const FEW_CALIBRATION = 32;

/** What a person should know of a model before a sweep. */
export function modelWarnings(
  facts: ModelFacts,
  main: MainInput | null,
  run: RunFacts | string | null,
): readonly string[] {
  const supported = facts.layers.filter(({ weightShape }) => weightShape.length > 0);
  const lists = (names: readonly string[]): string => names.join(', ');
  return [
    ...(isQuantized(facts)
      ? [
          'The model is quantized already (QuantizeLinear or integer operators). Sweep the float model it was made from.',
        ]
      : []),
    ...(facts.storedTypes.length > 0
      ? [
          `Numbers of ${lists(facts.storedTypes)} are computed in float32; export writes the model in its own type again.`,
        ]
      : []),
    ...(supported.length === 0 ? ['No layer can be quantized.'] : []),
    ...(supported.length > 0 && !supported.some(({ op }) => op === 'Conv')
      ? [`The model has no Conv to quantize, only ${lists([...new Set(supported.map(({ op }) => op))])}.`]
      : []),
    ...(facts.outputs.length > 1
      ? [`The model has ${facts.outputs.length} outputs. quantsweep plan says which of them are evaluated.`]
      : []),
    ...(main !== null && main.chosen.length > 0
      ? [
          `The model leaves lengths of ${main.name} open; [${main.sampleShape.join(', ')}] was chosen${main.size === null ? '' : ' (--size changes it)'}.`,
        ]
      : []),
    ...(main !== null && main.others.length > 0
      ? [`Further inputs are fed with 0: ${lists(main.others)}. Give them what they need in data.evaluation.inputs.`]
      : []),
    ...(typeof run === 'string' ? [`The model did not run on random samples: ${run}`] : []),
  ];
}

/** What a person should know of the data. */
export function dataWarnings(data: DataFacts | null): readonly string[] {
  if (data === null) {
    return [
      'RANDOM SAMPLES. No data was given: ranges of random numbers are not those of yours, and no figure of this sweep is worth anything beyond trying the tool.',
    ];
  }
  const { calibration, evaluation, notes } = data;
  return [
    ...notes,
    ...(evaluation.count < FEW_SAMPLES
      ? [`Only ${evaluation.count} samples are evaluated: small differences will not be significant.`]
      : []),
    ...(calibration.count < FEW_CALIBRATION
      ? [`Only ${calibration.count} samples calibrate; some hundred are usual.`]
      : []),
  ];
}
