import { z } from 'zod';
import type { CanonicalSmoothing, SmoothingMode } from '../../smooth/smoothing-settings.js';
import type { Immutable } from './immutable.js';
import { fraction, oneOf } from './schema-leaves.js';
import type { Column, IdleRule } from './section.js';

const schema = z
  .strictObject({
    mode: oneOf(
      ['none', 'static', 'dynamic', 'cle'],
      '`static`: one alpha for all layers; `dynamic`: one searched per layer; `cle`: cross-layer equalization; `none`: s = 1.',
    ).default('static'),
    alpha: z
      .union([z.literal('auto'), fraction('a number from 0 to 1')], { error: 'a number from 0 to 1, or "auto"' })
      .describe("Migration strength; `auto`: the candidate whose output is nearest to FP32's. Used by `static` only.")
      .default(0.5),
    absmax: oneOf(
      ['channel', 'view'],
      '`channel`: true channel statistics; `view`: those of x.view(-1, C), a common mistake.',
    ).default('channel'),
    apply: oneOf(
      ['insert', 'fold'],
      '`insert`: each layer divides its own input; `fold`: 1/s goes into what makes the input, where that is exact.',
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

const besideMode = (mode: SmoothingMode): string => `beside smoothing.mode ${mode}`;

/** Whether s comes from activations, so that their statistic and the place of 1/s are the user's to choose. */
function readsActivations(mode: SmoothingMode): boolean {
  return mode === 'static' || mode === 'dynamic';
}

const idle: readonly IdleRule<Written>[] = [
  { path: 'alpha', idleBeside: ({ smoothing: { mode } }) => (mode === 'static' ? null : besideMode(mode)) },
  { path: 'absmax', idleBeside: ({ smoothing: { mode } }) => (readsActivations(mode) ? null : besideMode(mode)) },
  { path: 'apply', idleBeside: ({ smoothing: { mode } }) => (readsActivations(mode) ? null : besideMode(mode)) },
];

interface Trial {
  readonly smoothing: CanonicalSmoothing;
}

const columns: readonly Column<Trial>[] = [
  { name: 'alpha_mode', type: 'TEXT', value: ({ smoothing }) => smoothing.mode },
  { name: 'alpha', type: 'REAL', value: ({ smoothing }) => smoothing.alpha },
  { name: 'absmax', type: 'TEXT', value: ({ smoothing }) => smoothing.absmax },
  { name: 'smoothing_apply', type: 'TEXT', value: ({ smoothing }) => smoothing.apply },
];

export const smoothingSection = { schema, idle, columns };

export const unsmoothed: CanonicalSmoothing = { mode: 'none', alpha: null, absmax: null, apply: null };

/** What does not apply is null; alpha `auto` is a mode of its own. */
export function canonicalSmoothing({ mode, alpha, absmax, apply }: SmoothingSettings): CanonicalSmoothing {
  switch (mode) {
    case 'none':
      return unsmoothed;
    case 'cle':
      return { mode, alpha: null, absmax: null, apply: 'fold' };
    case 'dynamic':
      return { mode, alpha: null, absmax, apply };
    case 'static':
      return alpha === 'auto' ? { mode: 'auto', alpha: null, absmax, apply } : { mode, alpha, absmax, apply };
  }
}

/** Whether alphas are searched: one for each layer, or one for all. */
export function isSearched({ mode, alpha }: SmoothingSettings): boolean {
  return mode === 'dynamic' || (mode === 'static' && alpha === 'auto');
}
