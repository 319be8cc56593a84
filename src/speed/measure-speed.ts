import { dirname } from 'node:path';
import type { OpenExecutor } from '../engine/executor.js';
import type { Experiment } from '../experiment/sections/settings.js';
import { measureByCommand } from './measure-by-command.js';
import { measureLatency } from './measure-latency.js';
import type { MeasuredSpeed, SpeedSurroundings } from './measured-speed.js';

/**
 * Measures what `measure` of the experiment asks for, once the trials of the sweep are done: here
 * in a child of this process, whatever ran the trials, then by the device command.
 */
export async function measureSpeed(
  { measure, run, path }: Pick<Experiment, 'measure' | 'run' | 'path'>,
  openExecutor: OpenExecutor,
  surroundings: SpeedSurroundings,
): Promise<MeasuredSpeed> {
  let done: MeasuredSpeed = { measured: 0, cached: 0, failures: [], interrupted: false };
  const { latency = null, command = null } = measure ?? {};
  if (latency !== null) {
    done = await measureLatency({ ...surroundings, settings: latency, openExecutor, hangSeconds: run.hangSeconds });
  }
  if (command !== null && !done.interrupted) {
    done = together(done, await measureByCommand({ ...surroundings, command, folder: dirname(path) }));
  }
  return done;
}

function together(one: MeasuredSpeed, other: MeasuredSpeed): MeasuredSpeed {
  return {
    measured: one.measured + other.measured,
    cached: one.cached + other.cached,
    failures: [...one.failures, ...other.failures],
    interrupted: one.interrupted || other.interrupted,
  };
}
