import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { endBull } from './end-bull.js';
import { handshakeName } from './protocol/handshake.js';
import type { SweepMessage } from './protocol/messages.js';
import { keys, queueName } from './protocol/names.js';

/** Takes a sweep's queue off the broker, with all jobs that lie in it. */
export async function removeQueue(
  redis: Redis,
  { id, handshake }: Pick<SweepMessage, 'id' | 'handshake'>,
): Promise<void> {
  const queue = new Queue(queueName(handshakeName(handshake), id), { connection: redis, prefix: keys.bull });
  // Told of by what waits for it.
  queue.on('error', () => undefined);
  try {
    await queue.obliterate({ force: true });
  } finally {
    await endBull(queue);
  }
}
