import type { RunSettings } from '../../experiment/sections/settings.js';
import type { Slot } from '../slot.js';
import type { Provider } from './provider.js';
import { providers } from './providers.js';

/** The children to run, as the settings say, or as the provider is laid out on this machine. */
export function deviceSlots(
  run: Pick<RunSettings, 'slots' | 'threads' | 'optimizationLevel' | 'allowFallback'>,
  provider: Provider,
): readonly Slot[] {
  const layout = providers[provider].layout();
  const count = run.slots ?? layout.slots;
  const threads = run.threads ?? layout.threads(count);
  const { optimizationLevel, allowFallback } = run;
  return Array.from({ length: count }, (_, slot) => {
    const deviceId = slot % layout.devices;
    return {
      device: layout.name(slot, deviceId),
      session: { provider, deviceId, threads, optimizationLevel, allowFallback },
    };
  });
}
