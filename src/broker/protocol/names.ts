/** Everything of quantsweep on a broker begins so. An ACL can go by it. */
const PREFIX = 'quantsweep:';

/** Keys on the broker. */
export const keys = {
  /** BullMQ's own, see its documentation. */
  bull: `${PREFIX}bull`,
  /** Set of ids of agents. */
  agents: `${PREFIX}agents`,
  /** What an agent tells of itself; gone when it is. */
  agent: (id: string) => `${PREFIX}agent:${id}`,
  /** Set of ids of sweeps. */
  sweeps: `${PREFIX}sweeps`,
  /** What agents need to know of a sweep. */
  sweep: (id: string) => `${PREFIX}sweep:${id}`,
  /** There while the coordinator of a sweep is. */
  alive: (id: string) => `${PREFIX}alive:${id}`,
  /** Set of ids of sweeps that agents of a handshake can work on. */
  fitting: (handshake: string) => `${PREFIX}fitting:${handshake}`,
  /** A large value, under the SHA-256 of its bytes. */
  value: (sha256: string) => `${PREFIX}value:${sha256}`,
  /** There while a sweep is to be stopped. */
  cancelled: (sweep: string) => `${PREFIX}cancelled:${sweep}`,
} as const;

/** Channel on which work is called off. */
export const CANCEL_CHANNEL = `${PREFIX}cancel`;

/** Name of a sweep's queue. BullMQ allows no colon. */
export function queueName(handshake: string, sweep: string): string {
  return `${handshake}-${sweep}`;
}

/** Places that messages are signed for, see `Seal`. */
export const places = {
  agent: (id: string) => `agent ${id}`,
  sweep: (id: string) => `sweep ${id}`,
  job: (queue: string, job: string) => `job ${queue} ${job}`,
  started: (queue: string, job: string) => `started ${queue} ${job}`,
  outcome: (queue: string, job: string) => `outcome ${queue} ${job}`,
  cancel: 'cancel',
} as const;

/** Seconds for which an agent holds a job without a sign of life, unless a sweep says otherwise. */
export const LEASE_SECONDS = 15;
/** Milliseconds between two signs of life of an agent or coordinator. */
export const BEAT_MS = 2000;
/** Seconds after which a silent agent or coordinator counts as gone. */
export const GONE_SECONDS = 15;
/**
 * Seconds for which values and sweeps stay on the broker unless they are taken off: as long as the
 * finished work of a coordinator that was killed can be adopted.
 */
export const KEEP_SECONDS = 24 * 3600;
