import { describe } from 'vitest';
import { redisServerPath } from './redis-server.js';

/** Set where Redis must be there (.ci/run): its absence fails instead of skipping. */
const required = (process.env['QUANTSWEEP_REQUIRE_REDIS'] ?? '') !== '';
const skipped = redisServerPath === null && !required;
if (skipped) console.warn('skipped: no redis-server; Debian: apt-get install redis-server');

/** Tests that need a real Redis: skipped where the system has none, and said so. */
export function describeWithRedis(name: string, tests: () => void): void {
  describe.skipIf(skipped)(name, tests);
}
