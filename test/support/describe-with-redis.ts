import { describe } from 'vitest';
import { pathOfProgram } from './path-of-program.js';

/** Set where Redis must be there (.ci/run): its absence fails instead of skipping. */
const required = (process.env['QUANTSWEEP_REQUIRE_REDIS'] ?? '') !== '';
const missing = ['redis-server', 'openssl'].filter((program) => pathOfProgram(program) === null).join(' ');
const skipped = missing !== '' && !required;
if (skipped) console.warn(`skipped: no ${missing}; Debian: apt-get install ${missing}`);

/** Tests that need a real Redis: skipped where the system has none, and said so. */
export function describeWithRedis(name: string, tests: () => void): void {
  describe.skipIf(skipped)(name, tests);
}
