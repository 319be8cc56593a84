import { hrtime } from 'node:process';

/**
 * Milliseconds of the machine's monotonic clock (CLOCK_MONOTONIC): the same for all processes
 * between two starts of the machine, never set, and on Linux and macOS at rest while the machine is
 * suspended. Only differences mean something.
 */
export function monotonicMs(): number {
  return Number(hrtime.bigint()) / 1e6;
}
