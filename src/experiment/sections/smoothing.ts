import { z } from 'zod';
import { alphaModeOf } from '../../smooth/canonical-smoothing.js';
import {
  searchesAlphas,
  smoothingModeNames,
  smoothingModes,
  type SmoothingModeName,
} from '../../smooth/modes/registry.js';
import type { CanonicalSmoothing } from '../../smooth/smoothing-settings.js';
import type { Immutable } from '../../schema/settled.js';
import { fraction, oneDefined, oneOf } from '../../schema/schema-leaves.js';
import type { TargetName } from '../../targets/registry.js';
import type { Check, Column, IdleRule } from './section.js';

const schema = z
  .strictObject({
    mode: oneDefined(smoothingModeNames, smoothingModes, 'How s comes about').default('static'),
    alpha: z
      .union([z.literal('auto'), fraction('a number from 0 to 1')], { error: 'a number from 0 to 1, or "auto"' })
      .describe("Migration strength; `auto`: the candidate whose output is closest to FP32's. Used by `static` only.")
      .default(0.5),
    absmax: oneOf(
      ['channel', 'view'],
      '`channel`: true channel statistics; `view`: those of x.view(-1, C), a common mistake.',
    ).default('channel'),
    apply: oneOf(
      ['insert', 'fold', 'requantize'],
      '`insert`: each layer divides its own input; `fold`: 1/s moves into the producer of the input, if that is exact; `requantize`: 1/s moves into the scale that the producer requantizes with, which costs nothing and leaves its integers as they are (beside a target).',
    ).default('insert'),
  })
  .meta({
    title: 'Smoothing',
    description: 's[c] = act[c]^alpha / wt[c]^(1 - alpha), SmoothQuant (arXiv 2211.10438).',
  })
  .prefault({});

export type SmoothingSettings = Immutable<z.output<typeof schema>>;

interface Written {
  readonly smoothing: SmoothingSettings;
}

const besideMode = (mode: SmoothingModeName): string => `beside smoothing.mode ${mode}`;

const idle: readonly IdleRule<Written>[] = [
  {
    path: 'alpha',
    idleBeside: ({ smoothing: { mode } }) => (smoothingModes[mode].alphas === 'fixed' ? null : besideMode(mode)),
  },
  {
    path: 'absmax',
    idleBeside: ({ smoothing: { mode } }) => (smoothingModes[mode].readsAbsmax ? null : besideMode(mode)),
  },
  {
    path: 'apply',
    idleBeside: ({ smoothing: { mode } }) => (smoothingModes[mode].apply === 'asSet' ? null : besideMode(mode)),
  },
];

const checkApply: Check<Written & { readonly target: TargetName }> = ({ smoothing: { apply }, target }) => {
  if (apply !== 'requantize' || target !== 'layers-only') return null;
  const text = 'expected insert or fold beside target layers-only, which requantizes no output, got requantize';
  return { path: 'apply', text };
};

interface Trial {
  readonly smoothing: CanonicalSmoothing;
}

const columns: readonly Column<Trial>[] = [
  { name: 'alpha_mode', type: 'TEXT', value: ({ smoothing }) => smoothing.mode },
  { name: 'alpha', type: 'REAL', value: ({ smoothing }) => smoothing.alpha },
  { name: 'absmax', type: 'TEXT', value: ({ smoothing }) => smoothing.absmax },
  { name: 'smoothing_apply', type: 'TEXT', value: ({ smoothing }) => smoothing.apply },
];

export const smoothingSection = { schema, idle, checks: [checkApply], columns };

export const unsmoothed: CanonicalSmoothing = { mode: 'none', alpha: null, absmax: null, apply: null };

/** Whether alphas are searched: one for each layer, or one for all. */
export function isSearched(smoothing: SmoothingSettings): boolean {
  return searchesAlphas(alphaModeOf(smoothing));
}
