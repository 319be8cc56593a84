import type { Query } from '../query.js';
import { axisEffectsSql, readAxisEffects, type AxisEffects } from './axis-effects.js';
import { deploymentSources, hasDeployment, readDeployment, type DeploymentFacts } from './deployment-facts.js';
import type { EffectFacts } from './effect-facts.js';
import { executionSql, readExecutionEffect } from './execution-facts.js';
import { ladderSql, ladderTrials, readFloatLadder, type FloatLadder } from './float-ladder.js';
import { readSeeds, seedSql, type SeedFacts } from './seed-facts.js';
import { readSensitivity, sensitivitySql, tieTestsSql, type SensitivityFacts } from './sensitivity-facts.js';
import type { MeasuredTrial } from './measured-trial.js';
import { floatPartsSql, readFloatParts, type FloatPart } from './trial-costs.js';

/** What only sweeps of some kinds measure. Parts that a sweep has nothing of are null or empty. */
export interface MeasuredFacts {
  readonly sensitivity: SensitivityFacts | null;
  readonly floatLadder: FloatLadder | null;
  readonly seeds: SeedFacts | null;
  /** Integer instead of simulated execution. */
  readonly execution: EffectFacts | null;
  /**
   * What each axis does, read when first asked for: of thousands of trials that takes a second, and
   * an index needs it of no sweep.
   */
  readonly axisEffects: () => AxisEffects;
  /** Candidates by what they keep in float. */
  readonly floatParts: ReadonlyMap<number, FloatPart>;
  /** Null of a sweep without targets, measured speed and a goal. */
  readonly deployment: DeploymentFacts | null;
}

/** Of a sweep that measures none of it. */
export const nothingMeasured: MeasuredFacts = {
  sensitivity: null,
  floatLadder: null,
  seeds: null,
  execution: null,
  axisEffects: () => ({ axes: [], interactions: [], trials: 0, isExact: false, groups: 0 }),
  floatParts: new Map(),
  deployment: null,
};

/** What of the sweep itself says what it measures. */
export interface MeasuredSweep {
  readonly name: string;
  readonly goal: unknown;
  readonly hasLatency: boolean;
}

/** The trials that {@link readMeasured} looks at. */
interface SweepTrials {
  readonly allTrials: readonly MeasuredTrial[];
  /** Without those of the sensitivity of layers. */
  readonly trials: readonly MeasuredTrial[];
  readonly best: MeasuredTrial | null;
}

/** Reads what the trials of the sweep can have measured, and asks for nothing else. */
export function readMeasured(query: Query, summary: MeasuredSweep, of: SweepTrials): MeasuredFacts {
  const { allTrials, trials, best } = of;
  const sweep = summary.name;
  return {
    sensitivity: hasSensitivity(allTrials) ? readSensitivity(query, sweep) : null,
    floatLadder: readFloatLadder(query, trials, best),
    seeds: hasSeeds(trials) ? readSeeds(query, sweep) : null,
    execution: hasInteger(trials) ? readExecutionEffect(query, sweep) : null,
    axisEffects: once(() => readAxisEffects(query, sweep)),
    floatParts: readFloatParts(query, sweep),
    deployment: hasDeployment(allTrials, summary) ? readDeployment(query, sweep, of) : null,
  };
}

function once<T extends object>(read: () => T): () => T {
  let value: T | null = null;
  return () => (value ??= read());
}

/** What the query of {@link MeasuredFacts.floatParts} is called. */
export const floatPartsName = 'what stays in float';

/** The queries behind {@link readMeasured}, as pages show them. */
export function measuredSources(
  name: string,
  { allTrials, trials, best, measured }: SweepTrials & { readonly measured: MeasuredFacts },
): (readonly [string, string])[] {
  const { floatLadder, sensitivity } = measured;
  const ties = sensitivity === null ? null : tieTestsSql(sensitivity.layers, sensitivity.rankedBy);
  return [
    ...(hasSensitivity(allTrials) ? [['sensitivity of layers', sensitivitySql(name)] as const] : []),
    ...(ties === null ? [] : [['the most sensitive layer against the others', ties] as const]),
    ...(floatLadder === null
      ? []
      : [
          [
            'layers kept in float',
            ladderSql(
              floatLadder.whole,
              ladderTrials(trials, best)
                .map(({ trial }) => trial)
                .filter((trial) => trial !== floatLadder.whole),
            ),
          ] as const,
        ]),
    ...(hasSeeds(trials) ? [['spread of seeds', seedSql(name)] as const] : []),
    ...(hasInteger(trials) ? [['integer execution', executionSql(name)] as const] : []),
    [floatPartsName, floatPartsSql(name)],
    ...(measured.deployment === null ? [] : deploymentSources(name, { trials, best })),
  ];
}

/** The queries behind the sentences on axes. */
export function axisSources(name: string, { axisEffects }: MeasuredFacts): (readonly [string, string])[] {
  return [
    ['effects of settings', axisEffectsSql.effects(name)],
    ...(axisEffects().axes.length === 0 ? [] : [['their interactions', axisEffectsSql.interactions(name)] as const]),
  ];
}

function hasSensitivity(trials: readonly MeasuredTrial[]): boolean {
  return trials.some(({ role, status }) => role === 'sensitivity' && status === 'done');
}

function hasSeeds(trials: readonly MeasuredTrial[]): boolean {
  return trials.some(({ settings }) => {
    const seed = (settings as { readonly calibration?: { readonly sampleSeed?: unknown } | null } | null)?.calibration
      ?.sampleSeed;
    return seed !== null && seed !== undefined;
  });
}

function hasInteger(trials: readonly MeasuredTrial[]): boolean {
  return trials.some(
    ({ settings }) =>
      (settings as { readonly quantization?: { readonly execution?: unknown } | null } | null)?.quantization
        ?.execution === 'integer',
  );
}
