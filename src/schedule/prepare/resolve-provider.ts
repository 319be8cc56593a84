import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunSettings } from '../../experiment/sections/settings.js';
import { fallbackOf } from '../../engine/session/check-fallback.js';
import type { Provider } from '../../engine/jobs/jobs.js';
import { JobError, WorkerPool } from '../../engine/local/worker-pool.js';
import { InputError } from '../../errors/input-error.js';

export interface ResolvedProvider {
  readonly provider: Provider;
  /** Which provider runs and why, for the first line of a run. */
  readonly why: string;
}

/**
 * Decides what runs: a named provider if it loads, and with `auto` CUDA where it loads, else CPU. With `allowFallback` a
 * named provider that does not load is CPU as well: the work is CPU's then in every key and record.
 *
 * @param entry the compiled `worker-main.js`
 * @throws InputError when a named provider can't run, saying what is missing
 */
export async function resolveProvider(run: RunSettings, entry: URL): Promise<ResolvedProvider> {
  const { provider: wanted, allowFallback } = run;
  if (wanted === 'cpu') return { provider: 'cpu', why: 'cpu, as requested' };
  const provider = wanted === 'auto' ? 'cuda' : wanted;
  const obstacle = await providerObstacle(provider, entry);
  if (obstacle === null)
    return { provider, why: `${provider}, ${wanted === 'auto' ? 'because it loads here' : 'as requested'}` };
  if (wanted === 'auto') return { provider: 'cpu', why: `cpu, because cuda does not load here: ${obstacle}` };
  if (allowFallback)
    return { provider: 'cpu', why: `cpu, by run.allowFallback, because ${provider} does not load here: ${obstacle}` };
  throw new InputError(
    `Expected run.provider ${provider} to load here, but ${obstacle}. \`quantsweep doctor\` says what is missing; \`run.provider: auto\` and \`run.allowFallback: true\` fall back to cpu.`,
  );
}

/** A driver may take its time to wake a device; this long is a hang. */
const PROBE_SECONDS = 120;

/** Why a provider can't run here, by loading it in a child of its own; null if it runs. */
export async function providerObstacle(provider: Provider, entry: URL): Promise<string | null> {
  if (provider === 'cuda' && !existsSync(cudaLibraryPath())) {
    return "onnxruntime-node's CUDA library is not installed";
  }
  const session = { provider, deviceId: 0, threads: 1, optimizationLevel: 'all' } as const;
  const pool = new WorkerPool([{ device: `${provider}:0`, session }], entry, {
    hangSeconds: PROBE_SECONDS,
    memoryMb: null,
    inputs: [],
  });
  try {
    const { execution } = await pool.run(0, { kind: 'probe' });
    const elsewhere = fallbackOf(execution.kernels ?? {}, provider);
    return elsewhere === null ? null : `of a test model it ran ${elsewhere}`;
  } catch (cause) {
    if (cause instanceof JobError) return firstLine(cause.failure.message);
    throw cause;
  } finally {
    await pool.close();
  }
}

/** Where onnxruntime-node looks for its CUDA provider. */
export function cudaLibraryPath(): string {
  return join(runtimeFolder(), 'bin', 'napi-v6', platform(), arch(), 'libonnxruntime_providers_cuda.so');
}

/** onnxruntime-node's script that downloads its CUDA provider. */
export function cudaInstallScript(): string {
  return join(runtimeFolder(), 'script', 'install.js');
}

function runtimeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.trim();
}
