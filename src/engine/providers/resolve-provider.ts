import type { RunSettings } from '../../experiment/sections/settings.js';
import { InputError } from '../../errors/input-error.js';
import type { OpenExecutor } from '../executor.js';
import type { Provider } from './provider.js';
import { providerObstacle } from './provider-obstacle.js';
import { PREFERRED } from './providers.js';

export interface ResolvedProvider {
  readonly provider: Provider;
  /** Which provider runs and why, for the first line of a run. */
  readonly why: string;
}

/**
 * Decides what runs: a named provider if it loads, and with `auto` CUDA where it loads, else CPU.
 * With `allowFallback` a named provider that does not load is CPU as well: the work is CPU's then
 * in every key and record.
 *
 * @param open of executors that a provider is tried in
 * @throws InputError when a named provider can't run, saying what is missing
 */
export async function resolveProvider(
  run: Pick<RunSettings, 'provider' | 'allowFallback'>,
  open: OpenExecutor,
): Promise<ResolvedProvider> {
  const { provider: wanted, allowFallback } = run;
  if (wanted === 'cpu') return { provider: 'cpu', why: 'cpu, as requested' };
  const provider = wanted === 'auto' ? PREFERRED : wanted;
  const obstacle = await providerObstacle(provider, open);
  if (obstacle === null)
    return { provider, why: `${provider}, ${wanted === 'auto' ? 'because it loads here' : 'as requested'}` };
  if (wanted === 'auto') return { provider: 'cpu', why: `cpu, because ${provider} does not load here: ${obstacle}` };
  if (allowFallback)
    return { provider: 'cpu', why: `cpu, by run.allowFallback, because ${provider} does not load here: ${obstacle}` };
  throw new InputError(
    `Expected run.provider ${provider} to load here, but ${obstacle}. \`quantsweep doctor\` says what is missing; \`run.provider: auto\` and \`run.allowFallback: true\` fall back to cpu.`,
  );
}
