import type { SessionSettings } from './session/session.js';

/** A place at which one job runs at a time. */
export interface Slot {
  /** e.g. `cpu:0`, `cuda:1` */
  readonly device: string;
  readonly session: SessionSettings;
}
