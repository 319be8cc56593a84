import type { RunSettings } from '../experiment/sections/settings.js';
import type { OpenExecutor } from './executor.js';
import type { Provider } from './providers/provider.js';
import type { ResolvedProvider } from './providers/resolve-provider.js';
import type { Slot } from './slot.js';

/** Where a sweep's work runs, before any of it does. */
export interface Engine {
  /** Opens what runs the sweep. */
  readonly open: OpenExecutor;
  /** Opens what runs on this machine, for what looks at models before the sweep. */
  readonly host: OpenExecutor;
  /** True: on other machines, of whose memory nothing is foretold. */
  readonly isElsewhere: boolean;
  /** What the sweep's jobs run on, as the settings say. */
  slots(run: RunSettings, provider: Provider): readonly Slot[];
  /** @throws InputError where nothing can run what the settings ask for, saying what is missing */
  resolveProvider(run: RunSettings): Promise<ResolvedProvider>;
}
