import { z } from 'zod';
import { integer, oneOf, text } from '../../schema/schema-leaves.js';
import type { Settled } from '../../schema/settled.js';
import { bootstrap } from '../bootstrap-setting.js';

/** What trials can be ranked by. */
export const primaries = [
  'cosine',
  'sqnr',
  'relativeError',
  'argmaxAgreement',
  'topKAgreement',
  'equalValues',
] as const;

export type FidelityPrimary = (typeof primaries)[number];

const wholeAxis = 'a whole number, or null';

export const fidelitySettings = {
  primary: oneOf(
    primaries,
    'What trials are ranked by; the others stand beside it. relativeError ranks as 1 - relativeError.',
  ).default('cosine'),
  primaryOutput: text(
    'worst, mean, or the name of an output',
    'Of several outputs: the worst one, their mean, or one by name.',
  ).default('worst'),
  argmaxAxis: z
    .int({ error: wholeAxis })
    .describe(
      'Axis of the classes, for argmaxAgreement and topKAgreement: 0 is the batch, -1 the last. null: 1 of outputs [N, C] and [N, C, H, W], none of others.',
    )
    .nullable()
    .default(null),
  topK: integer(1, 'Classes that topKAgreement compares.').default(5),
  bootstrap,
};

type FidelityFile = Settled<typeof fidelitySettings>;

/** What is absent has its default, so that keys are what they were before it could be set. */
export type FidelityTask = Pick<FidelityFile, 'bootstrap'> & Partial<FidelityFile>;

const byDefault = z.object(fidelitySettings).parse({});

/** Without settings that have their defaults, except the replicates. */
export function locateFidelity(given: FidelityFile): FidelityTask {
  const { bootstrap: replicates, ...added } = given;
  const own = Object.entries(added).filter(([name, value]) => value !== byDefault[name as keyof typeof added]);
  return { bootstrap: replicates, ...Object.fromEntries(own) };
}

/** With defaults. */
export function fullFidelity(task: FidelityTask): FidelityFile {
  return { ...byDefault, ...task };
}
