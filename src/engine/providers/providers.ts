import { cpu } from './cpu.js';
import { cuda } from './cuda.js';
import type { Provider, ProviderDescription } from './provider.js';
import { webgpu } from './webgpu.js';

/** Every provider; whatever hangs on which one runs is asked of this. */
export const providers = { cpu, cuda, webgpu } satisfies Record<Provider, ProviderDescription> as Readonly<
  Record<Provider, ProviderDescription>
>;

/** What `run.provider: auto` takes where it loads, before the CPU. */
export const PREFERRED: Provider = 'cuda';
