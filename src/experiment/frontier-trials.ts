import type { Goal } from './file/goal-schema.js';
import { obstacleToKeeping, type FrontierSettings } from './sections/layers.js';
import type { ExpandedTrial, Settings } from './sections/settings.js';

/** What a goal with `bits` gives to candidates; null: nothing. */
export function frontierOf(goal: Goal | null): FrontierSettings | null {
  if (goal?.bits === undefined || goal.minimize === 'latency') return null;
  const { maxDrop, minimize, bits } = goal;
  return { bits, maxDrop, minimize };
}

/** Why the settings of a trial can't have bits layer by layer; null if they can. */
export function obstacleToFrontier(settings: Settings): string | null {
  const { target, layers, quantization } = settings;
  if (target !== undefined && target !== 'layers-only') return `target ${target}: other bits run nowhere but there`;
  if (layers.keepFloat !== 0) return `layers.keepFloat ${layers.keepFloat}, which float among the bits replaces`;
  if (quantization.execution !== 'simulated') return `quantization.execution ${quantization.execution}`;
  return obstacleToKeeping(settings);
}

/**
 * A candidate with bits layer by layer. The bits of all layers, which no longer matter, are the
 * most of the list. Other roles stay as they are: they are what it is held against.
 */
export function withFrontier(trial: ExpandedTrial, frontier: FrontierSettings): ExpandedTrial {
  if (trial.role !== 'candidate') return trial;
  const { settings } = trial;
  const most = Math.max(...frontier.bits.filter((bits) => bits !== 'float'));
  const { quantization, layers } = settings;
  return {
    ...trial,
    settings: {
      ...settings,
      layers: { ...layers, frontier },
      quantization: { ...quantization, weight: { ...quantization.weight, bits: most } },
    },
  };
}
