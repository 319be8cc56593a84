import type { AccuracyRecord, OutcomeRecord } from '../../records/evaluation-record.js';
import { createBitset, setBit } from '../../statistics/bitset.js';
import { drawResample } from '../../statistics/bootstrap.js';
import { wilson95 } from '../../statistics/wilson.js';
import type { Metric, MetricContext, MetricResult } from '../metric.js';
import { misfitText } from '../output-shape.js';
import { MetricError } from '../metric-error.js';
import { replicatedRecord, replicateOutcomes, valuesOutcome } from '../replicates.js';
import { coverSamples, requireFullCoverage } from '../sample-coverage.js';
import { readAlphabet } from './alphabet.js';
import { compareTexts } from './compare-texts.js';
import { decodeCtc } from './decode-ctc.js';
import type { SequenceTask } from './sequence-settings.js';
import { emptySequenceState, type SequenceState } from './sequence-state.js';
import { stepLayout, stepsMisfit } from './step-layout.js';
import { readTextTruth } from './text-truth.js';

/**
 * Returns the metric of outputs of CTC `[N, T, C]` that are read greedily and compared with the
 * texts of the samples.
 *
 * @throws MetricError or DatasetError when alphabet or texts don't fit
 */
export function createSequence(task: SequenceTask, context: MetricContext): Metric<SequenceState> {
  const { sampleCount, names } = context;
  const alphabet = readAlphabet(task);
  const { texts } = readTextTruth(task.truth, names, sampleCount);
  const state = emptySequenceState(sampleCount);
  return {
    needsReference: false,
    add({ first, count, outputs: [scored] }) {
      const { name, data, dims } = scored!;
      const misfit = stepsMisfit(task, dims);
      if (misfit !== null) throw new MetricError(misfitText({ name, dims }, misfit));
      const layout = stepLayout(task, scored!, alphabet.characters.length);
      const size = layout.steps * layout.classes;
      if (dims[0] !== count || data.length !== count * size) {
        throw new MetricError(`Expected an output of ${count} samples, got [${dims.join(', ')}]`);
      }
      coverSamples(state.coverage, first, count);
      for (let row = 0; row < count; row += 1) {
        const sample = first + row;
        const output = data.subarray(row * size, (row + 1) * size);
        const read = decodeCtc(output, layout, alphabet, `output, sample ${sample}`);
        const compared = compareTexts(read, texts[sample]!, task);
        state.edits[sample] = compared.edits;
        state.lengths[sample] = compared.length;
        state.exact[sample] = Number(compared.isExact);
        state.exactWithoutSpaces[sample] = Number(compared.isExactWithoutSpaces);
        state.normalizedEdits[sample] = compared.normalizedEdits;
      }
    },
    ...(task.primary === 'exact' ? { isRight: (sample: number) => state.exact[sample] === 1 } : {}),
    state: () => state,
    finish: () => finishSequence(task, context, state),
  };
}

/**
 * Returns exact matches with their bitset, and error rates; the one that trials are ranked by
 * first. Without a character in any text there is no error rate.
 *
 * @throws MetricError when a sample is missing, or trials are ranked by an error rate that there is
 *   not
 */
export function finishSequence(task: SequenceTask, context: MetricContext, state: SequenceState): MetricResult {
  const { sampleCount } = context;
  requireFullCoverage(state.coverage, sampleCount);
  const weight = new Uint16Array(sampleCount);
  const hasCharacters = state.lengths.some((length) => length > 0);
  const rates = new Float64Array(hasCharacters ? task.bootstrap : 0);
  for (let replicate = 0; replicate < rates.length; replicate += 1) {
    drawResample(replicate, weight);
    rates[replicate] = errorRate(state, weight);
  }
  weight.fill(1);
  const exact = countedRecord('exact', state.exact);
  const rate = hasCharacters ? [replicatedRecord('cer', '', errorRate(state, weight), rates)] : [];
  const paddle = [
    countedRecord('paddleAcc', state.exactWithoutSpaces),
    {
      ...plain('paddleNormEditDistance', 1 - state.normalizedEdits.reduce((sum, each) => sum + each, 0) / sampleCount),
    },
  ];
  const perSample: readonly OutcomeRecord[] = [
    valuesOutcome('edits', Float64Array.from(state.edits)),
    valuesOutcome('referenceLength', Float64Array.from(state.lengths)),
  ];
  if (task.primary === 'exact') {
    return result('exact', [exact, ...rate, ...paddle], [bitsOf('exact', state.exact), ...perSample]);
  }
  if (!hasCharacters) {
    throw new MetricError(
      'Expected a character in one of the texts at least for task.primary: cer, got none. Rank by exact matches.',
    );
  }
  const ranked = rates.map((each) => 1 - each);
  const primary = replicatedRecord('1-cer', '', 1 - errorRate(state, weight), ranked);
  return result(
    '1-cer',
    [primary, ...rate, exact, ...paddle],
    [...replicateOutcomes('1-cer', ranked), bitsOf('exact', state.exact), ...perSample],
  );

  function result(
    primaryMetric: string,
    accuracies: readonly AccuracyRecord[],
    outcomes: readonly OutcomeRecord[],
  ): MetricResult {
    return { evaluation: { primaryMetric, samples: sampleCount, accuracies, outcomes }, argmax: null };
  }
}

/** Sum of edits over the sum of lengths, of samples that count as often as their weight says. */
function errorRate({ edits, lengths }: SequenceState, weight: Uint16Array): number {
  let [sum, total] = [0, 0];
  for (let sample = 0; sample < weight.length; sample += 1) {
    sum += edits[sample]! * weight[sample]!;
    total += lengths[sample]! * weight[sample]!;
  }
  // A resample of nothing but empty texts: each edit counts as one character.
  return total === 0 ? sum : sum / total;
}

function countedRecord(metric: string, right: Uint8Array): AccuracyRecord {
  const correct = right.reduce((sum, each) => sum + each, 0);
  const total = right.length;
  const [ciLow, ciHigh] = wilson95(correct, total);
  return { metric, slice: '', value: correct / total, ciLow, ciHigh, ciMethod: 'wilson', correct, total };
}

function plain(metric: string, value: number): AccuracyRecord {
  return { metric, slice: '', value, ciLow: null, ciHigh: null, ciMethod: null, correct: null, total: null };
}

function bitsOf(metric: string, right: Uint8Array): OutcomeRecord {
  const data = createBitset(right.length);
  right.forEach((each, sample) => {
    if (each === 1) setBit(data, sample);
  });
  return { metric, kind: 'bitset', count: right.length, data };
}
