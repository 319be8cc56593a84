import type { MachineRecord } from './machine-record.js';

/** Where work runs. */
export interface Place {
  /** e.g. `cpu:0`; stored with the attempt. */
  readonly device: string;
  /** Stored with the attempt; absent: the machine of the sweep itself. */
  readonly machine?: MachineRecord;
}
