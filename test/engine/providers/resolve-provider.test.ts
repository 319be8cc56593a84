import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RunSettings } from '../../../src/experiment/sections/settings.js';
import { InputError } from '../../../src/errors/input-error.js';
import { localExecutor } from '../../../src/engine/local/local-executor.js';
import { cudaLibraryPath } from '../../../src/engine/providers/cuda-library.js';
import { providerObstacle } from '../../../src/engine/providers/provider-obstacle.js';
import { resolveProvider } from '../../../src/engine/providers/resolve-provider.js';

const open = localExecutor(new URL('../../../dist/engine/local/worker-main.js', import.meta.url));
const run = (changes: Partial<RunSettings>): RunSettings => ({
  provider: 'auto',
  allowFallback: false,
  slots: null,
  threads: null,
  optimizationLevel: 'all',
  database: 'x.db',
  retries: 2,
  hangSeconds: 60,
  memoryMb: null,
  lockWaitMinutes: 60,
  ...changes,
});

describe('resolveProvider', () => {
  it('takes cpu as asked for', async () => {
    expect(await resolveProvider(run({ provider: 'cpu' }), open)).toEqual({
      provider: 'cpu',
      why: 'cpu, as requested',
    });
    expect(await providerObstacle('cpu', open)).toBeNull();
  });

  describe.skipIf(existsSync(cudaLibraryPath()))('without a CUDA library', () => {
    it('takes cpu for auto and says why', async () => {
      const { provider, why } = await resolveProvider(run({}), open);
      expect([provider, why]).toEqual(['cpu', expect.stringContaining('because cuda does not load here')]);
    });

    it('refuses cuda by name', async () => {
      const resolving = resolveProvider(run({ provider: 'cuda' }), open);
      await expect(resolving).rejects.toThrow(InputError);
      await expect(resolving).rejects.toThrow(/Expected run\.provider cuda to load here.*doctor/);
    });

    it('takes cpu for cuda where a fall-back is allowed, and says so', async () => {
      expect(await resolveProvider(run({ provider: 'cuda', allowFallback: true }), open)).toEqual({
        provider: 'cpu',
        why: "cpu, by run.allowFallback, because cuda does not load here: onnxruntime-node's CUDA library is not installed",
      });
    });
  });
});
