import type { Experiment } from '../experiment/sections/settings.js';
import type { OpenExecutor } from '../engine/executor.js';
import { measureLatency, type MeasuredSpeed, type SpeedSurroundings } from './measure-latency.js';

const nothing: MeasuredSpeed = { measured: 0, cached: 0, failures: [], interrupted: false };

/**
 * Measures what `measure` of the experiment asks for, once the trials of the sweep are done: in a
 * child of this process, whatever ran the trials.
 */
export async function measureSpeed(
  { measure, run }: Pick<Experiment, 'measure' | 'run'>,
  openExecutor: OpenExecutor,
  surroundings: SpeedSurroundings,
): Promise<MeasuredSpeed> {
  const latency = measure?.latency ?? null;
  if (latency === null) return nothing;
  return measureLatency({ ...surroundings, settings: latency, openExecutor, hangSeconds: run.hangSeconds });
}
