import type { Query, Row } from '../query.js';
import { numberOf, numberOrNull, sqlText, textOf, textOrNull, toRows } from '../query.js';
import { latencySql, readMeasuredLatencies, type MeasuredLatency } from './latency.js';
import { conditionsOf, isIn, newestOf, type LatencyCondition } from './latency-conditions.js';
import type { MeasuredTrial } from './measured-trial.js';
import { readTargetGroups, targetTestsSql, type GroupedTrials, type TargetGroup } from './target-groups.js';
import { placesQuantizers, saturates, trialTarget } from './trial-target.js';

/** A finished quantized trial as it is deployed. */
export interface DeployedTrial {
  readonly target: string;
  /** `run`: its exported model was run; `rules`: it follows published rules; null: neither. */
  readonly evidence: 'run' | 'rules' | null;
  /** The primary metric of the exported model; null where it was not measured. */
  readonly deployed: number | null;
  /** deployed - simulated. */
  readonly gap: number | null;
  readonly samplesDiffering: number | null;
  /** Share of output values that are not the same bit for bit, 0..1. */
  readonly differingShare: number | null;
  readonly exportBytes: number | null;
  /** Size of the model's own file. */
  readonly fp32Bytes: number | null;
  /** The newest of each condition. */
  readonly latencies: readonly MeasuredLatency[];
}

/** What only sweeps of targets, of measured speed or with a goal have. */
export interface DeploymentFacts {
  /** By number of trial. */
  readonly trials: ReadonlyMap<number, DeployedTrial>;
  /** In which latency was measured; the first is the one that sentences speak of. */
  readonly conditions: readonly LatencyCondition[];
  /** Trials by target and model; those of different groups are never chosen among. */
  readonly groups: readonly TargetGroup[];
}

/** Whether the sweep has anything of it: without, no page asks. */
export function hasDeployment(
  trials: readonly MeasuredTrial[],
  { goal, hasLatency }: { readonly goal: unknown; readonly hasLatency: boolean },
): boolean {
  return goal !== null || hasLatency || trials.some((trial) => placesQuantizers(trialTarget(trial)));
}

/** The queries behind {@link readDeployment}, as pages show them. */
export function deploymentSources(sweep: string, of: GroupedTrials): (readonly [string, string])[] {
  const tests = targetTestsSql(of);
  return [
    ['what is deployed', deployedSql(sweep)],
    ['latency', latencySql(sweep, null)],
    ...(tests === null ? [] : [['paired tests within each target', tests] as const]),
  ];
}

function deployedSql(sweep: string): string {
  return `SELECT d.trial, d.target, d.evidence, d.deployed, d.gap, d.samples_differing, d.differing_share, d.export_bytes, m.size_bytes AS fp32_bytes
FROM v_deployment d JOIN trial t ON t.id = d.trial LEFT JOIN model m ON m.id = t.model_id
WHERE d.sweep = ${sqlText(sweep)} ORDER BY d.trial`;
}

/** What is stored of how the sweep's trials are deployed. */
export function readDeployment(query: Query, sweep: string, of: GroupedTrials): DeploymentFacts {
  const targets = new Map(of.trials.map((trial) => [trial.trial, trialTarget(trial)]));
  const latencies = newestOf(
    readMeasuredLatencies(query, sweep).filter((latency) => isOfTarget(latency, targets.get(latency.trial) ?? null)),
  );
  const ofTrials = new Map<number, MeasuredLatency[]>();
  for (const latency of latencies) ofTrials.set(latency.trial, [...(ofTrials.get(latency.trial) ?? []), latency]);
  const rows = toRows(query(deployedSql(sweep), []));
  return {
    trials: new Map(rows.map((row) => [numberOf(row, 'trial'), toDeployed(row, ofTrials)])),
    conditions: conditionsOf(latencies),
    groups: readTargetGroups(query, of),
  };
}

/**
 * Whether the CPU that a trial was timed on can be its target, as v_deployment has it: one whose
 * sums saturate is known to have no VNNI.
 */
function isOfTarget({ device, cpuFlags }: MeasuredLatency, target: string | null): boolean {
  return device !== 'cpu' || !saturates(target) || (cpuFlags !== '' && !cpuFlags.includes('vnni'));
}

/** The latency of a trial in a condition; null where it was not measured. */
export function latencyIn(
  { trials }: DeploymentFacts,
  trial: number,
  condition: LatencyCondition | undefined,
): MeasuredLatency | null {
  if (condition === undefined) return null;
  return trials.get(trial)?.latencies.find((latency) => isIn(latency, condition)) ?? null;
}

function toDeployed(row: Row, latencies: ReadonlyMap<number, readonly MeasuredLatency[]>): DeployedTrial {
  return {
    target: textOf(row, 'target'),
    evidence: textOrNull(row, 'evidence') as DeployedTrial['evidence'],
    deployed: numberOrNull(row, 'deployed'),
    gap: numberOrNull(row, 'gap'),
    samplesDiffering: numberOrNull(row, 'samples_differing'),
    differingShare: numberOrNull(row, 'differing_share'),
    exportBytes: numberOrNull(row, 'export_bytes'),
    fp32Bytes: numberOrNull(row, 'fp32_bytes'),
    latencies: latencies.get(numberOf(row, 'trial')) ?? [],
  };
}
