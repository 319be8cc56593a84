import type { Experiment } from '../experiment/sections/settings.js';

/** Whether anything is to be measured of the speed of a sweep's trials. */
export function wantsSpeed({ measure }: Pick<Experiment, 'measure'>): boolean {
  return (measure?.latency ?? null) !== null || (measure?.command ?? null) !== null;
}
