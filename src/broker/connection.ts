import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import type { BrokerAddress } from './broker-address.js';
import { BrokerError } from './broker-error.js';
import { withinMs } from './within-ms.js';

/** How long the first contact may take; later ones are waited for without end. */
const CONNECT_MS = 10_000;
const QUIT_MS = 2000;
const LONGEST_WAIT_MS = 2000;
const FULL_PAUSE_MS = 1000;

/** The only policy under which a full broker refuses instead of forgetting jobs. */
const POLICY = 'noeviction';

/** Told when the broker goes away, and when it is back. */
export type OnContact = (contact: 'lost' | 'back') => void;

/**
 * A connection to the broker. Once made it is made again whenever it breaks, and commands wait
 * meanwhile.
 *
 * @throws BrokerError where the broker can't be reached or refuses, or is not set up to keep jobs
 */
export async function connectToBroker(address: BrokerAddress, onContact: OnContact = () => undefined): Promise<Redis> {
  const redis = new Redis(optionsOf(address));
  let lastError: Error | null = null;
  redis.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await firstContact(redis, () => lastError, address);
    await checkPolicy(redis, address);
  } catch (cause) {
    redis.disconnect();
    throw cause;
  }
  let isLost = false;
  redis.on('close', () => {
    // Left by this process itself, it is not lost.
    if (!isLost && !left.has(redis)) onContact('lost');
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost) onContact('back');
    isLost = false;
  });
  return redis;
}

/** Connections that this process ended itself. */
const left = new WeakSet<Redis>();

/** Ends a connection, and does not wait for a broker that is away. */
export async function leaveBroker(redis: Redis): Promise<void> {
  left.add(redis);
  if (redis.status === 'ready') await withinMs(QUIT_MS, () => redis.quit()).catch(() => undefined);
  redis.disconnect();
}

function optionsOf({ host, port, database, tls, ca, user, password }: BrokerAddress): RedisOptions {
  return {
    ...{ host, port, db: database, lazyConnect: true, connectTimeout: CONNECT_MS },
    ...(user === null ? {} : { username: user }),
    ...(password === null ? {} : { password }),
    // A server is named by a name alone: for an IP address Node warns, and compares the host.
    ...(tls ? { tls: { ...(isIP(host) === 0 ? { servername: host } : {}), ...(ca === null ? {} : { ca }) } } : {}),
    maxRetriesPerRequest: null,
    // Its address may lead to another one by now.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
    // A connection that a network dropped in silence is found by it.
    keepAlive: 10_000,
    retryStrategy: (times) => Math.min(LONGEST_WAIT_MS, 50 * 2 ** Math.min(times, 10)),
  };
}

async function firstContact(redis: Redis, lastError: () => Error | null, address: BrokerAddress): Promise<void> {
  try {
    await withinMs(CONNECT_MS, () => redis.connect().then(() => redis.ping()));
  } catch (cause) {
    throw new BrokerError(describeNoContact(address, lastError() ?? (cause as Error)), { cause });
  }
}

function describeNoContact({ text, tls }: BrokerAddress, { message: ownMessage }: Error): string {
  const message = ownMessage.replace(/\.$/, '');
  if (/WRONGPASS|NOAUTH|NOPERM/.test(message)) {
    return `The broker at ${text} refused to let quantsweep in: ${message}. Check user and password (--credentials FILE, or QUANTSWEEP_BROKER_USER and QUANTSWEEP_BROKER_PASSWORD), and what its ACL allows that user (docs/SCALE.md).`;
  }
  if (/certificate|self.signed|SSL|TLS|altnames/i.test(message)) {
    return `No broker at ${text}: ${message}. Check the address, and the certificates in QUANTSWEEP_BROKER_CA or ca= of the credentials file.`;
  }
  const scheme = tls ? 'with TLS; without it the address is redis://' : 'without TLS; with it the address is rediss://';
  return `No broker at ${text}: ${message}. Check the address, and that redis-server or valkey-server runs there ${scheme}.`;
}

async function checkPolicy(redis: Redis, { text }: BrokerAddress): Promise<void> {
  const policy = /^maxmemory_policy:(\S+)/m.exec(await redis.info('memory'))?.[1];
  if (policy === undefined || policy === POLICY) return;
  throw new BrokerError(
    `The broker at ${text} forgets data when its memory is full (maxmemory-policy ${policy}): jobs would get lost. Set maxmemory-policy ${POLICY} there.`,
  );
}

/** Refusals of the broker that end with its trouble: they say nothing of what is written. */
const refusals = new Map([
  ['OOM', 'The memory of the broker is full (maxmemory). Waiting for room.'],
  ['MISCONF', 'The broker can’t write to its disk. Waiting for it.'],
  ['READONLY', 'The broker is a replica now, and takes no writes. Waiting for another one.'],
  ['MASTERDOWN', 'The broker has lost its master. Waiting for it.'],
  ['NOREPLICAS', 'The broker has too few replicas. Waiting for them.'],
]);

/** Why the broker takes no writes at the moment, in words; null where the error is another one. */
export function refusalOf(cause: unknown): string | null {
  if (!(cause instanceof Error)) return null;
  // Of a script, the word is not the first one.
  for (const [word, meaning] of refusals) if (new RegExp(`\\b${word}\\b`).test(cause.message)) return meaning;
  return null;
}

/**
 * Writes to the broker, and while it takes no writes again every second.
 *
 * @param onRefusal told why, before the first wait, and null when it goes on
 * @throws what the write throws otherwise; the last refusal once the signal is aborted
 */
export async function writeWhenThereIsRoom<T>(
  write: () => Promise<T>,
  signal: AbortSignal,
  onRefusal: (refusal: string | null) => void = () => undefined,
): Promise<T> {
  for (let refused = false; ;) {
    try {
      const result = await write();
      if (refused) onRefusal(null);
      return result;
    } catch (cause) {
      const refusal = refusalOf(cause);
      if (refusal === null || signal.aborted) throw cause;
      if (!refused) onRefusal(refusal);
      refused = true;
      await pause(FULL_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
