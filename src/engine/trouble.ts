import { QuantsweepError } from '../errors/quantsweep-error.js';

/*
 * What happens to work without being its fault. The names are those that failures are stored by.
 */

/** The process that ran the work ended. */
export class WorkerDied extends QuantsweepError {
  static override readonly errorClass = 'WorkerDied';
  static override readonly retry = 'at-once';
}

/** It ended before it could take any work, and so will the next one. */
export class WorkerNotStarted extends WorkerDied {
  static override readonly endsSweep = true;
}

/** The process that ran the work gave no sign of life, or computed nothing. */
export class WorkerHung extends QuantsweepError {
  static override readonly errorClass = 'WorkerHung';
  static override readonly retry = 'at-once';
}

/** Memory was short: that of the machine, or that of the device. */
export class OutOfMemory extends QuantsweepError {
  static override readonly errorClass = 'OutOfMemory';
  static override readonly retry = 'at-once';
  static override readonly smallerBatches = true;
}

/** The GPU went away while it worked. */
export class DeviceLost extends QuantsweepError {
  static override readonly errorClass = 'DeviceLost';
  static override readonly retry = 'at-once';
}

/** The machine that ran the work was lost. It says nothing of memory: no smaller batches. */
export class AgentLost extends QuantsweepError {
  static override readonly errorClass = 'AgentLost';
  static override readonly retry = 'at-once';
}
