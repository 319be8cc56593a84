import { exactMcNemar } from '../statistics/mcnemar.js';
import { binomialUpperTail } from '../statistics/binomial-tail.js';
import type { ReferenceWarning } from './reference-warning.js';

/** FP32's predictions beside the labels, `[samples]` each. */
export interface LabelledPredictions {
  readonly labels: Int32Array;
  readonly argmax: Int32Array;
  /** Numbers of the output a sample. */
  readonly classes: number;
}

/** Below it a difference is taken as seen; errors of numbering are never this close. */
const SURE = 0.001;

/** A result that chance reaches as often as this is no better than chance. */
const CHANCE = 0.05;

/**
 * Below so many samples a result above chance that chance may reach too says that samples are few.
 */
export const FEW = 50;

/**
 * What is wrong with the predictions of a classifier, judged by the labels: at or below chance,
 * labels numbered otherwise, one prediction or one label throughout.
 *
 * @param feeding where to look where neither labels nor predictions say it, a sentence
 */
export function judgeLabels(given: LabelledPredictions, feeding: string): readonly ReferenceWarning[] {
  const { labels, argmax } = given;
  const samples = argmax.length;
  if (samples < 2) return [];
  const [prediction, label] = [onlyValue(argmax), onlyValue(labels.subarray(0, samples))];
  const found: (ReferenceWarning | null)[] = [];
  if (prediction !== null && label === null) {
    found.push({
      kind: 'constant-prediction',
      voids: true,
      message: `FP32 predicts class ${prediction} for all ${count(samples)} evaluated samples, whose labels differ.`,
      cause: `Likely cause: ${feeding}`,
    });
  } else {
    const numbering = label === null ? numberedOtherwise(given) : null;
    found.push(numbering ?? atChance(given, feeding) ?? (label === null ? belowMajority(given) : null));
  }
  if (label !== null) {
    found.push({
      kind: 'one-class',
      voids: false,
      message: `All ${count(samples)} evaluated samples have the label ${label}: accuracy is that of this class alone.`,
      cause:
        'Likely cause: samples that lie in the order of their classes, and data.evaluation.samples that takes the first ones only. Take all, or a set in mixed order.',
    });
  }
  return found.filter((warning) => warning !== null);
}

function atChance({ labels, argmax, classes }: LabelledPredictions, feeding: string): ReferenceWarning | null {
  const samples = argmax.length;
  const right = countWhere(samples, (sample) => argmax[sample] === labels[sample]);
  const p = binomialUpperTail(right, samples, 1 / classes);
  if (p < CHANCE || right === samples) return null;
  const seen = `FP32 gets ${count(right)} of ${count(samples)} evaluated samples right (${percent(right / samples)})`;
  const guessing = `guessing among ${count(classes)} classes gets ${percent(1 / classes)} on average`;
  if (right > samples / classes && samples < FEW) {
    return {
      kind: 'few-samples',
      voids: false,
      message: `${seen}, and ${guessing}: so few samples do not tell the model from a guess (p = ${p.toFixed(2)}).`,
      cause: 'Raise data.evaluation.samples.',
    };
  }
  const swapped = classes === 2 && binomialUpperTail(samples - right, samples, 0.5) < SURE;
  return {
    kind: 'at-chance',
    voids: true,
    message: `${seen}; ${guessing}. FP32 is ${swapped ? 'below chance' : 'at or below chance'}, so there is no accuracy to keep.`,
    cause: swapped
      ? 'Likely cause: the two classes are swapped in the labels.'
      : `Likely cause: ${feeding}${unused(labels, classes)}`,
  };
}

/** One answer for all samples would do as well, without looking at them. */
function belowMajority({ labels, argmax }: LabelledPredictions): ReferenceWarning | null {
  const samples = argmax.length;
  const counts = new Map<number, number>();
  for (const label of labels.subarray(0, samples)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const majority = mostFrequent(counts);
  const right = countWhere(samples, (sample) => argmax[sample] === labels[sample]);
  if (right > counts.get(majority)!) return null;
  return {
    kind: 'below-majority',
    voids: false,
    message: `FP32 gets ${count(right)} of ${count(samples)} evaluated samples right; answering ${majority}, the most frequent label, for all of them gets ${count(counts.get(majority)!)}.`,
    cause: 'Check that the samples are those that the model is for, or take a set with more even classes.',
  };
}

/**
 * A numbering that the predictions fit far better than the labels, with the share of samples that
 * fit it.
 */
interface Numbering {
  readonly share: number;
  readonly warning: ReferenceWarning;
}

/**
 * Labels that number the classes in another way; a shift unless another order fits far more
 * samples.
 */
function numberedOtherwise(given: LabelledPredictions): ReferenceWarning | null {
  const [shift, order] = [shifted(given), renumbered(given)];
  if (shift === null || order === null) return (shift ?? order)?.warning ?? null;
  return (order.share > 1.5 * shift.share ? order : shift).warning;
}

/**
 * Labels that differ from the predictions by one number throughout, far more often than they agree.
 */
function shifted({ labels, argmax, classes }: LabelledPredictions): Numbering | null {
  const samples = argmax.length;
  const counts = new Map<number, number>();
  for (let sample = 0; sample < samples; sample += 1) {
    const shift = argmax[sample]! - labels[sample]!;
    counts.set(shift, (counts.get(shift) ?? 0) + 1);
  }
  const right = counts.get(0) ?? 0;
  const [shift, agreeing] = [...counts].filter(([by]) => by !== 0).sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  const classesSeen = new Set(labels.subarray(0, samples).filter((label, sample) => argmax[sample] === label + shift));
  // Of the many shifts the best was taken.
  const p = exactMcNemar(right, agreeing) * 2 * classes;
  if (agreeing < 2 * right || agreeing < samples / 4 || classesSeen.size < 3 || p >= SURE) return null;
  const warning: ReferenceWarning = {
    kind: 'shifted-labels',
    voids: true,
    message: `FP32 predicts the label ${shift > 0 ? '+' : '-'} ${Math.abs(shift)} for ${count(agreeing)} of ${count(samples)} evaluated samples (${percent(agreeing / samples)}), and the label for ${count(right)} (${percent(right / samples)}).`,
    cause:
      shift === 1
        ? 'Likely cause: the labels begin one too low, as where the model has a class for the background at 0 and the labels do not count it. Add 1 to the labels.'
        : shift === -1
          ? 'Likely cause: the labels begin at 1, the classes of the output at 0. Subtract 1 from the labels.'
          : `Likely cause: the labels are shifted by ${-shift} against the classes of the output.`,
  };
  return { share: agreeing / samples, warning };
}

/**
 * Labels that name the classes by other numbers. The numbering is learned on every other sample
 * (the most frequent prediction of each label) and tried on the rest, so that chance has no part in
 * it.
 */
function renumbered({ labels, argmax }: LabelledPredictions): Numbering | null {
  const samples = argmax.length;
  const seen = new Map<number, { rest: number; readonly counts: Map<number, number> }>();
  const tested: number[] = [];
  for (let sample = 0; sample < samples; sample += 1) {
    const own = seen.get(labels[sample]!) ?? { rest: 0, counts: new Map<number, number>() };
    seen.set(labels[sample]!, own);
    // Alternately within a class, so that samples in any order serve.
    if (own.rest++ % 2 === 1) tested.push(sample);
    else own.counts.set(argmax[sample]!, (own.counts.get(argmax[sample]!) ?? 0) + 1);
  }
  const named = new Map([...seen].map(([label, { counts }]) => [label, mostFrequent(counts)]));
  // Several labels of one class are no numbering.
  if (named.size < 3 || new Set(named.values()).size < named.size) return null;
  const isRight = (sample: number): boolean => argmax[sample] === labels[sample];
  const isNamed = (sample: number): boolean => argmax[sample] === named.get(labels[sample]!);
  const right = tested.filter(isRight).length;
  const agreeing = tested.filter(isNamed).length;
  const onlyRight = tested.filter((sample) => isRight(sample) && !isNamed(sample)).length;
  const onlyNamed = tested.filter((sample) => isNamed(sample) && !isRight(sample)).length;
  if (agreeing < tested.length / 2 || agreeing < 2 * right || exactMcNemar(onlyRight, onlyNamed) >= SURE) return null;
  const example = [...named].find(([label, prediction]) => label !== prediction)!;
  const warning: ReferenceWarning = {
    kind: 'renumbered-labels',
    voids: true,
    message: `FP32 tells the labels apart but by other numbers: one prediction a label, e.g. class ${example[1]} for label ${example[0]}, fits ${count(agreeing)} of ${count(tested.length)} samples, the labels as they are ${count(right)}.`,
    cause:
      'Likely cause: the classes of the labels are in another order than those of the output (folders by name against the order of training, say).',
  };
  return { share: agreeing / tested.length, warning };
}

/**
 * Says that labels leave out most classes, which is what a wrong numbering looks like; else empty.
 */
function unused(labels: Int32Array, classes: number): string {
  const highest = labels.reduce((most, label) => Math.max(most, label), 0);
  return 2 * (highest + 1) <= classes
    ? ` The highest label is ${highest}, where the output has ${count(classes)} classes: check the numbering of the labels, too.`
    : '';
}

function mostFrequent(counts: ReadonlyMap<number, number>): number {
  return [...counts].reduce((most, each) => (each[1] > most[1] ? each : most))[0];
}

/** The one value of all; null where they differ. */
function onlyValue(values: Int32Array): number | null {
  return values.every((value) => value === values[0]) ? values[0]! : null;
}

function countWhere(samples: number, holds: (sample: number) => boolean): number {
  let total = 0;
  for (let sample = 0; sample < samples; sample += 1) if (holds(sample)) total += 1;
  return total;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
