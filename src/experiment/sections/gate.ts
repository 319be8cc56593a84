import { z } from 'zod';
import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import type { Immutable } from '../../schema/settled.js';
import { integer, positive } from '../../schema/schema-leaves.js';

const schema = z
  .strictObject({
    samples: integer(1, 'Number of evaluation samples, from the first.').default(64),
    tolerance: positive('Largest allowed error relative to the absmax of the FP32 output.').default(0.001),
  })
  .meta({
    title: 'Equivalence gate',
    description: 'The smoothed float model must reproduce FP32, or the trial fails.',
  })
  .prefault({});

export type GateSettings = Immutable<z.output<typeof schema>>;

export const gateSection = { schema };

/** @param evaluationSamples the most that there are */
export const canonicalGate = memoizeByIdentity((settings: GateSettings, evaluationSamples: number): GateSettings => ({
  ...settings,
  samples: Math.min(settings.samples, evaluationSamples),
}));
