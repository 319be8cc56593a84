import { randomInt } from 'node:crypto';

/**
 * A port for a server of a test. Below the range that systems give to outgoing connections, so that
 * a server that was killed finds its port free again. Whoever binds it tries another when it is
 * taken.
 */
export function loopbackPort(): number {
  return randomInt(20_000, 32_000);
}
