import type { ContentItem } from '../../content/content-item.js';
import type { InputIdentity } from '../../formats/input-identity.js';
import type { OptimizationLevel } from '../../experiment/sections/settings.js';
import type { JobKind } from '../../engine/jobs/jobs.js';
import type { FailureRecord } from '../../records/failure-record.js';
import type { MachineRecord } from '../../records/machine-record.js';
import type { Handshake } from './handshake.js';

/*
 * What coordinators and agents tell each other. All of it is JSON, signed, and names no file of any
 * machine: models, data and code go by tokens of their content, large values by their SHA-256.
 */

/** A sweep, as agents need to know it. */
export interface SweepMessage {
  readonly id: string;
  readonly name: string;
  readonly handshake: Handshake;
  /** Machine of the coordinator. */
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
  readonly session: { readonly optimizationLevel: OptimizationLevel; readonly allowFallback: boolean };
  /** For which an agent holds a job without a sign of life. */
  readonly leaseSeconds: number;
  readonly hangSeconds: number;
  readonly memoryMb: number | null;
  /** With tokens for paths; the stamps say nothing. */
  readonly inputs: readonly InputIdentity[];
  readonly items: readonly ContentItem[];
}

/** A value under its hash on the broker. */
export interface ValueReference {
  readonly sha256: string;
  /** Bytes of it there. */
  readonly bytes: number;
}

/** One job. */
export interface JobMessage {
  readonly kind: JobKind;
  readonly key: string;
  readonly part: string | null;
  readonly label: string;
  /** Fields of the job that are plain and small. */
  readonly job: Readonly<Record<string, unknown>>;
  /** The others, by name. */
  readonly values: Readonly<Record<string, ValueReference>>;
  readonly batchLimit: number | null;
}

/** Where a job runs. */
export interface PlaceMessage {
  readonly device: string;
  readonly machine: MachineRecord;
}

/** What an agent tells of a job while it runs it. */
export interface ProgressMessage {
  readonly place: PlaceMessage;
  /** Null until the job tells of it. */
  readonly progress: { readonly done: number; readonly total: number } | null;
}

/** How a job ended on an agent. */
export type OutcomeMessage =
  | { readonly kind: 'result'; readonly place: PlaceMessage; readonly result: ValueReference }
  | { readonly kind: 'failure'; readonly place: PlaceMessage | null; readonly failure: FailureRecord }
  /** It was called off by its coordinator. */
  | { readonly kind: 'interrupted' }
  /** No fault of the job: the agent ends, or can't do it. */
  | { readonly kind: 'returned'; readonly agent: string; readonly reason: string };

/** Calls work off: jobs of a sweep, or all of it. */
export interface CancelMessage {
  readonly sweep: string;
  readonly jobs: readonly string[] | 'all';
}

/** An agent, as it tells of itself. */
export interface AgentMessage {
  readonly id: string;
  readonly host: string;
  readonly label: string | null;
  readonly gpu: string | null;
  readonly handshake: Handshake;
  readonly slots: number;
  readonly state: 'ready' | 'unfit' | 'stopping';
  /** Why it takes no work at all; null where it does. */
  readonly reason: string | null;
  /** Sweeps that it has looked at, by id; a reason says why it takes none of its work. */
  readonly sweeps: Readonly<Record<string, { readonly reason: string | null }>>;
  readonly jobs: readonly {
    readonly sweep: string;
    readonly label: string;
    readonly device: string;
    readonly startedAt: string;
  }[];
  readonly lastError: string | null;
  readonly seenAt: string;
}
