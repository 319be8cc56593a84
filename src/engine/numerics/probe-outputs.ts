import type { Provider } from '../providers/provider.js';
import { providers } from '../providers/providers.js';
import { Session, type SessionSettings } from '../session/session.js';
import { denseProbe } from './dense-probe.js';
import { imageProbe } from './image-probe.js';
import { integerProbe } from './integer-probe.js';
import type { ProbeModel } from './probe-graph.js';

/** A probe and how it is run, whatever the sweep's settings are. */
interface Probe {
  readonly make: () => ProbeModel;
  readonly runs: readonly Pick<SessionSettings, 'optimizationLevel' | 'fuseQuantized'>[];
}

const optimized = { optimizationLevel: 'all' } as const;
/** The kernels that optimization of the graph or its layout puts others in the place of. */
const plain = { optimizationLevel: 'disabled' } as const;

const probes: Readonly<Record<(typeof providers)[Provider]['probes'], readonly Probe[]>> = {
  everything: [
    { make: imageProbe, runs: [optimized, plain] },
    { make: denseProbe, runs: [optimized, plain] },
    { make: integerProbe, runs: [{ ...optimized, fuseQuantized: true }] },
  ],
  floats: [
    { make: imageProbe, runs: [optimized] },
    { make: denseProbe, runs: [optimized] },
  ],
  matrixProducts: [{ make: denseProbe, runs: [optimized] }],
};

/**
 * Runs the provider's probes in this process, each in a session of its own. Of the given settings
 * only provider and device count: one class is told for all levels of optimization, and threads
 * change no bit.
 *
 * @returns outputs in the order of the probes
 * @throws RuntimeError with the runtime's own words
 */
export async function probeOutputs({ provider, deviceId }: SessionSettings): Promise<readonly Float32Array[]> {
  const outputs: Float32Array[] = [];
  for (const { make, runs } of probes[providers[provider].probes]) {
    const { model, input, batch } = make();
    for (const settings of runs) {
      const session = await Session.create(model, input, { provider, deviceId, threads: 1, ...settings });
      try {
        outputs.push((await session.run(batch))['y']!.data);
      } finally {
        await session.release();
      }
    }
  }
  return outputs;
}
