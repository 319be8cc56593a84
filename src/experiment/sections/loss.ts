import { z } from 'zod';
import { memoizeByIdentity } from '../../memo/memoize-by-identity.js';
import { lossModes } from '../../records/loss-mode.js';
import type { Immutable } from '../../schema/settled.js';
import { integer, listOf } from '../../schema/schema-leaves.js';
import type { Column } from './section.js';
import { sortedSet } from './sorted-set.js';

const schema = z
  .strictObject({
    samples: integer(1, 'Number of evaluation samples, from the first.').default(512),
    modes: listOf(
      z.enum(lossModes),
      'a list of loss modes',
      '`accumulated`: whole network quantized; `isolated`: the layer alone; `weight`, `activation`: only that quantizer of it.',
    )
      .refine((modes) => new Set(modes).size === modes.length, { error: 'each mode once' })
      .default(['accumulated', 'isolated']),
  })
  .meta({ title: 'Layer losses', description: 'Error of each layer output against FP32.' })
  .prefault({});

export type LossSettings = Immutable<z.output<typeof schema>>;

interface Trial {
  readonly loss: LossSettings | null;
}

const columns: readonly Column<Trial>[] = [
  { name: 'loss_samples', type: 'INTEGER', value: ({ loss }) => loss?.samples },
];

export const lossSection = { schema, columns };

/** @param evaluationSamples the most that there are */
export const canonicalLoss = memoizeByIdentity((settings: LossSettings, evaluationSamples: number): LossSettings => ({
  ...settings,
  samples: Math.min(settings.samples, evaluationSamples),
  modes: sortedSet(settings.modes),
}));
