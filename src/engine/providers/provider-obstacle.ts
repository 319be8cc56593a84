import { JobError, runOnce, type Executor, type OpenExecutor } from '../executor.js';
import { fallbackOf } from '../session/check-fallback.js';
import type { Provider } from './provider.js';
import { providers } from './providers.js';

/** A driver may take its time to wake a device; this long is a hang. */
const PROBE_SECONDS = 120;

/** Why a provider can't run here, by loading it in an executor of its own; null if it runs. */
export async function providerObstacle(provider: Provider, open: OpenExecutor): Promise<string | null> {
  const tried = await tryProvider(provider, open, () => Promise.resolve(null));
  return 'obstacle' in tried ? tried.obstacle : null;
}

/** As {@link providerObstacle}; where it runs, what `work` gives with that executor. */
export async function tryProvider<T>(
  provider: Provider,
  open: OpenExecutor,
  work: (executor: Executor) => Promise<T>,
): Promise<{ readonly obstacle: string } | { readonly value: T }> {
  const obstacle = providers[provider].obstacle();
  if (obstacle !== null) return { obstacle };
  const session = { provider, deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;
  const slots = [{ device: `${provider}:0`, session }];
  const executor = open({ slots, hangSeconds: PROBE_SECONDS, memoryMb: null, inputs: [] });
  try {
    const { execution } = await runOnce<'probe'>(executor, { kind: 'probe' });
    const elsewhere = fallbackOf(execution.kernels ?? {}, provider);
    return elsewhere === null ? { value: await work(executor) } : { obstacle: `of a test model it ran ${elsewhere}` };
  } catch (cause) {
    if (cause instanceof JobError) return { obstacle: firstLine(cause.failure.message) };
    throw cause;
  } finally {
    await executor.close();
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.trim();
}
