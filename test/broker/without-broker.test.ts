import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Running, writeExperiment } from '../cli/command-line.js';

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-no-broker-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes down each module that a program loads, and can hide packages from it. */
const hooks = `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
const hidden = (process.env.QUANTSWEEP_TEST_HIDDEN ?? '').split(',').filter(Boolean);
registerHooks({
  resolve(specifier, context, next) {
    if (hidden.includes(specifier)) {
      throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
    }
    const found = next(specifier, context);
    appendFileSync(process.env.QUANTSWEEP_TEST_LOADED, found.url + '\\n');
    return found;
  },
});
`;

async function loads(args: readonly string[], hidden = ''): Promise<{ loaded: string; code: number; output: string }> {
  const hook = join(folder, 'hooks.mjs');
  const list = join(folder, `${args[0]!}.txt`);
  writeFileSync(hook, hooks);
  writeFileSync(list, '');
  const env = {
    NODE_OPTIONS: `--import ${hook}`,
    QUANTSWEEP_TEST_LOADED: list,
    QUANTSWEEP_TEST_HIDDEN: hidden,
    QUANTSWEEP_BROKER_SECRET: 's'.repeat(32),
  };
  const { code, stdout, stderr } = await new Running([...args], folder, { env }).ended;
  return { loaded: readFileSync(list, 'utf8'), code: code!, output: stdout + stderr };
}

describe('without a broker', () => {
  it('nothing of it is loaded', async () => {
    writeExperiment(folder);
    const { loaded, code, output } = await loads(['run', 'small.yaml']);
    expect(code, output).toBe(0);
    expect(loaded).toContain('dist/schedule/run-sweep.js');
    for (const part of ['dist/broker/', 'dist/content/', 'bullmq', 'ioredis', 'aws4fetch']) {
      expect(loaded).not.toContain(part);
    }
  });

  it('its packages need not be there', async () => {
    const hidden = 'bullmq,ioredis,aws4fetch';
    expect((await loads(['run', 'small.yaml'], hidden)).code).toBe(0);
    const { code, output } = await loads(['agents', '--broker', 'redis://localhost'], hidden);
    expect(code).toBe(1);
    expect(output).toContain('A broker needs the packages bullmq and ioredis, which were left out');
    expect(output).not.toContain(fileURLToPath(new URL('../..', import.meta.url)));
  });
});
