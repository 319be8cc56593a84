import type * as Broker from '../broker/broker.js';
import { MissingPackageError } from '../errors/missing-package-error.js';

/** Where a broker is, and how to be let in. */
export interface BrokerOptions {
  /** `redis://` to this machine, `rediss://` (TLS) to any; without user and password. */
  readonly url: string;
  /**
   * File (mode 600) with lines `user=`, `password=`, `secret=`, `ca=`. Default: the environment's
   * QUANTSWEEP_BROKER_CREDENTIALS, or _USER, _PASSWORD, _SECRET and _CA.
   */
  readonly credentials?: string | null;
  /**
   * Of a sweep: seconds after which the work of an agent that gives no sign of life is given to
   * another one. Default: 15.
   */
  readonly leaseSeconds?: number;
  /**
   * Of a sweep: the numerics class of the agents that run it. Default: that of what is finished,
   * else the one with most slots.
   */
  readonly numericsClass?: string;
}

/**
 * Everything that speaks to a broker, loaded when it is first wanted: its packages are optional.
 *
 * @throws MissingPackageError where they are not installed
 */
export async function loadBroker(): Promise<typeof Broker> {
  try {
    return await import('../broker/broker.js');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw new MissingPackageError(
      'A broker needs the packages bullmq and ioredis, which were left out when quantsweep was installed. Add them: npm install bullmq@6 ioredis@5',
      { cause },
    );
  }
}
