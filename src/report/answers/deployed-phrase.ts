import type { DeployedTrial } from '../facts/deployment-facts.js';
import type { MeasuredLatency } from '../facts/latency.js';
import { conditionText, type LatencyCondition } from '../facts/latency-conditions.js';
import type { SweepFacts, TrialFacts } from '../facts/sweep-facts.js';
import { bytesText, countText, differenceText, ratioText, shareText, valueText } from '../number-text.js';

/** The value that ships: of the exported model where it was run, else of the simulation. */
export function shippedValue(trial: TrialFacts, deployed: DeployedTrial | undefined): number | null {
  return deployed?.deployed ?? trial.value;
}

/** `91.20 % deployed, as simulated`, `91.20 % simulated`. */
export function accuracyPhrase(trial: TrialFacts, deployed: DeployedTrial | undefined, { metric }: SweepFacts): string {
  const value = valueText(shippedValue(trial, deployed), metric);
  if (deployed === undefined || deployed.deployed === null) return `${metric.name} ${value}, simulated`;
  const { gap, samplesDiffering } = deployed;
  const differing =
    samplesDiffering === null || samplesDiffering === 0
      ? ''
      : ` and ${countText(samplesDiffering, 'sample')} judged otherwise`;
  return gap === 0 && differing === ''
    ? `${metric.name} ${value} deployed, as simulated`
    : `${metric.name} ${value} deployed, ${differenceText(gap, metric)} from its simulation${differing}`;
}

/**
 * `0.55 of FP32’s time (95 % interval 0.53–0.57; batch 1, 1 thread)`; what cannot be told from
 * FP32, and what is slower, is called so.
 */
export function latencyPhrase(latency: MeasuredLatency, among: readonly LatencyCondition[]): string {
  const { ratio, low, high, verdict } = latency;
  const time = `${ratioText(ratio)} of FP32’s time`;
  const how = `(95 % interval ${ratioText(low)}–${ratioText(high)}; ${conditionText(latency, among)})`;
  switch (verdict) {
    case 'faster':
      return `${time} ${how}`;
    case 'same':
      return `${time}, not distinguishable from it ${how}`;
    case 'slower':
      return `${time}, slower than FP32 ${how}`;
  }
}

/** `312.0 kB, 27 % of FP32’s file`; null where no size is stored. */
export function sizePhrase(deployed: DeployedTrial | undefined): string | null {
  if (deployed === undefined || deployed.exportBytes === null) return null;
  const { exportBytes, fp32Bytes } = deployed;
  const share = fp32Bytes === null || fp32Bytes === 0 ? '' : `, ${shareText(exportBytes / fp32Bytes)} of FP32’s file`;
  return `${bytesText(exportBytes)}${share}`;
}
