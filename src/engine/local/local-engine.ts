import type { Engine } from '../engine.js';
import type { OpenExecutor } from '../executor.js';
import { deviceSlots } from '../providers/device-slots.js';
import { resolveProvider } from '../providers/resolve-provider.js';
import { localExecutor } from './local-executor.js';

/** Runs work on this machine. @param open opens executors; by default of child processes */
export function localEngine(open: OpenExecutor = localExecutor()): Engine {
  return {
    open,
    host: open,
    isElsewhere: false,
    slots: deviceSlots,
    resolveProvider: (run) => resolveProvider(run, open),
  };
}
