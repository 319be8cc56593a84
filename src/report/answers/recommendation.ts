import { axisName, axisPath, axisValue } from '../facts/axes.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { countText, differenceText, magnitudeText, pValueText, ratioText, signed, valueText } from '../number-text.js';
import { axisOf, sweepShape, type SweepShape } from '../questions/sweep-shape.js';
import { gridEdges, type GridEdge } from './grid-edges.js';
import { gridNeighbours } from './grid-neighbours.js';
import { pairedInterval } from './paired-interval.js';
import { readableLabel } from './readable-label.js';
import type { Sentence } from './sentence.js';
import { sentence, strong } from './sentence.js';
import { bitsOf, cheapestOf, costDifference, costOf, type SettingCost } from './setting-cost.js';
import { tiesOf, type Ties } from './ties.js';

/** What to take, and why. */
export interface Recommendation {
  readonly trial: TrialFacts;
  /** Settings that may be recommended, the best among them; 1: only the best. */
  readonly among: number;
  /** Those of them that cost as much as the recommended one, itself among them. */
  readonly equallyCheap: number;
  /** What decided, the first that did. */
  readonly decidedBy: 'only' | 'cost' | 'neighbours' | 'loss' | 'value';
  /** Values of the settings that vary, by path. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where the best lies at the end of the grid. */
  readonly edges: readonly GridEdge[];
  readonly text: Sentence;
}

/** The rule, as pages state it. */
export const recommendationRule =
  'Of the best and the settings statistically tied with it, those count that the paired test does not call worse even without the correction for the choice of the best; the recommended one is the cheapest of them. Costs are compared in this order: bits of the weight times bits of the activation, averaged over the weights, layers in float counting 32 × 32; layers in float; the time against that with every layer quantized, where layers.keepFloat: slower left layers in float; passes of a search or a bias correction; calibration batches. Layers that keepFloat: slower left in float are faster so and count as quantized in the first two; times whose 95 % intervals overlap are equal. Simulated and integer execution cost the same: they are one model. Among equally cheap settings, one whose neighbours on the axes are all tied with the best comes first, the next but one standing in for a neighbour that an end of the grid lacks; then the lowest mean layer L1, then the higher value. Settings that no paired test compares with the best are left out.';

/**
 * The setting to take: of those tied with the best the cheapest, then the most robust. Null without
 * a best. See {@link recommendationRule}.
 */
export function recommend(facts: SweepFacts): Recommendation | null {
  const { best } = facts;
  const ties = tiesOf(facts);
  if (best === null || ties === null) return null;
  const shape = sweepShape(facts.allTrials);
  const settings = [best, ...ties.closeBehind];
  const costs = new Map(settings.map((trial) => [trial.trial, costOf(trial, facts)]));
  const cost = ({ trial }: TrialFacts) => costs.get(trial)!;
  const cheap = cheapestOf(settings, cost);
  const { chosen, decidedBy, isInside } = mostRobust(cheap, [best, ...ties.tied], facts, shape);
  const decided = settings.length === 1 ? 'only' : cheap.length === 1 ? 'cost' : decidedBy;
  const part = costDifference(cost(chosen), cost(best));
  // Values that no test compares may be tied, so they say nothing of an end.
  const edges = ties.compared.length === 0 ? [] : gridEdges([best, ...ties.tied], shape.axes);
  const notCompared = ties.rivals - ties.compared.length;
  return {
    trial: chosen,
    among: settings.length,
    equallyCheap: cheap.length,
    decidedBy: decided,
    settings: Object.fromEntries(
      shape.axes.flatMap(({ path }) => {
        const value = axisValue(chosen, path);
        return value === null ? [] : [[path, value] as const];
      }),
    ),
    edges,
    text: sentence(
      'Recommended: ',
      strong(nameOf(chosen, shape)),
      ...whyText({
        chosen,
        best,
        ties,
        among: settings.length,
        cheap: cheap.length,
        part,
        decided,
        isInside,
        facts,
      }),
      ...edges.map(
        ({ path, end, value, advice }) => ` The best lies at the ${end} ${axisName(path)} tried, ${value}: ${advice}.`,
      ),
      notCompared > 0 && ties.compared.length > 0
        ? ` ${countText(notCompared, 'setting')} of another model or evaluation ${notCompared === 1 ? 'is' : 'are'} not compared.`
        : '',
      seedText(shape),
    ),
  };
}

interface Robust {
  readonly chosen: TrialFacts;
  /** Whether settings were left out for their neighbours before the loss or the value decided. */
  readonly isInside: boolean;
  readonly decidedBy: 'neighbours' | 'loss' | 'value';
}

/** Of equally cheap settings, by their neighbours, then by their loss, then by their place. */
function mostRobust(
  cheap: readonly TrialFacts[],
  tied: readonly TrialFacts[],
  { trials }: SweepFacts,
  { axes }: SweepShape,
): Robust {
  const finished = trials.filter(({ role, status }) => role === 'candidate' && status === 'done');
  const neighbours = gridNeighbours(finished, axes);
  const isTied = new Set(tied.map(({ trial }) => trial));
  const inside = cheap.filter((trial) => {
    const beside = neighbours(trial);
    return beside.length > 0 && beside.every((other) => isTied.has(other.trial));
  });
  const rest = inside.length === 0 ? cheap : inside;
  const isInside = rest.length < cheap.length;
  if (rest.length === 1) return { chosen: rest[0]!, decidedBy: 'neighbours', isInside };
  const [first] = rest;
  const measured = rest.filter(
    ({ meanL1, lossScope }) => meanL1 !== null && lossScope !== null && lossScope === first!.lossScope,
  );
  if (measured.length === rest.length)
    return { chosen: measured.reduce((a, b) => (b.meanL1! < a.meanL1! ? b : a)), decidedBy: 'loss', isInside };
  const chosen = rest.reduce((a, b) => ((b.place ?? Infinity) < (a.place ?? Infinity) ? b : a));
  return { chosen, decidedBy: 'value', isInside };
}

interface Why {
  readonly chosen: TrialFacts;
  readonly best: TrialFacts;
  readonly ties: Ties;
  readonly among: number;
  readonly cheap: number;
  readonly part: ReturnType<typeof costDifference>;
  readonly decided: Recommendation['decidedBy'];
  readonly isInside: boolean;
  readonly facts: SweepFacts;
}

function whyText({ chosen, best, ties, among, cheap, part, decided, isInside, facts }: Why): string[] {
  if (decided === 'only') return [`, ${onlyText(ties)}.`];
  const isBest = chosen.trial === best.trial;
  const value = isBest
    ? ', the best itself'
    : `, ${valueText(chosen.value, facts.metric)}, ${distanceText(chosen, best, facts)}`;
  const cheapest =
    cheap === among
      ? `all ${among} that keep up cost the same`
      : `${cheap === 1 ? '' : `with ${countText(cheap - 1, 'other')} `}the cheapest of the ${among} that keep up with the best${costText(part, chosen, best, facts)}`;
  const ones = isInside ? 'equally cheap ones whose neighbours in the grid are tied too' : 'equally cheap ones';
  const robust =
    cheap === 1
      ? ''
      : {
          neighbours: '; its neighbours in the grid are tied too',
          loss: `; among ${ones} its mean layer L1 is the lowest`,
          value: `; among ${ones} its value is the highest`,
          cost: '',
          only: '',
        }[decided];
  return [`${value}: ${cheapest}${robust}.`];
}

/** Why there is nothing but the best. */
function onlyText({ rivals, compared, tied }: Ties): string {
  if (rivals === 0) return 'the only setting that has finished';
  if (compared.length === 0) return 'the highest value: no paired test compares another setting with it';
  if (tied.length === 0)
    return `the best: no other setting${compared.length < rivals ? ' that can be compared' : ''} is tied with it`;
  return `the best: ${countText(tied.length, 'other')} ${tied.length === 1 ? 'is' : 'are'} tied with it only after the correction for the choice of the best`;
}

/** How far below the best, with the test and the interval: tied is not equal. */
function distanceText(chosen: TrialFacts, best: TrialFacts, facts: SweepFacts): string {
  const { metric } = facts;
  const difference = (chosen.value ?? 0) - (best.value ?? 0);
  const lead =
    difference === 0 ? 'equal to the best' : `${magnitudeText(difference, metric)} below the best, not significantly`;
  const test = facts.comparisons.find((one) => one.trial === chosen.trial && one.against === 'best');
  if (test === undefined) return lead;
  // Beside the interval: an exact test may say p > 0.05 where an approximate interval excludes 0.
  const p = pValueText(test.pValue, test.pRelation);
  const interval = pairedInterval(chosen, test);
  return interval === null
    ? `${lead} (${p})`
    : `${lead} (${p}, 95 % interval ${signed(interval[0], metric)} to ${differenceText(interval[1], metric)})`;
}

/** In what it is cheaper than the best, in brackets. */
function costText(part: Why['part'], chosen: TrialFacts, best: TrialFacts, facts: SweepFacts): string {
  const [own, other] = [costOf(chosen, facts), costOf(best, facts)];
  switch (part) {
    case 'bitOperations': {
      const [a, b] = [bitsOf(chosen), bitsOf(best)];
      return a.weight === b.weight && a.activation === b.activation
        ? floatText(own, other)
        : ` (W${a.weight}A${a.activation} instead of W${b.weight}A${b.activation})`;
    }
    case 'floatLayers':
      return floatText(own, other);
    case 'time':
      return other.time.ratio === 1
        ? ` (${ratioText(own.time.ratio)} of the time with every layer quantized)`
        : ` (${ratioText(own.time.ratio)} instead of ${ratioText(other.time.ratio)} of the time with every layer quantized)`;
    case 'extraStages':
      return own.extraStages === 0 ? ' (no search, no correction)' : ' (fewer passes before it)';
    case 'calibrationBatches':
      return ` (${own.calibrationBatches} instead of ${other.calibrationBatches} calibration batches)`;
    case null:
      return '';
  }
}

function floatText(own: SettingCost, other: SettingCost): string {
  const apart = [own, other].some(({ time }) => time.ratio !== 1) ? ', but for those that are faster so' : '';
  return ` (${own.floatLayers} instead of ${countText(other.floatLayers, 'layer')} in float${apart})`;
}

/** A label in words, without the seed, which nobody should choose. */
function nameOf({ label }: TrialFacts, shape: SweepShape): string {
  const parts = label.split(', ');
  const chosen = axisOf(shape, axisPath.sampleSeed) === null ? parts : parts.filter((part) => !/seed/i.test(part));
  return readableLabel(
    chosen.join(', '),
    shape.axes.map(({ path }) => path),
  );
}

function seedText(shape: SweepShape): string {
  return axisOf(shape, axisPath.sampleSeed) === null
    ? ''
    : ' Seeds are not to be chosen among: the best of them is the luckiest.';
}
