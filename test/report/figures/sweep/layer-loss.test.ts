import { describe, expect, it } from 'vitest';
import type { SweepFacts } from '../../../../src/report/facts/sweep-facts.js';
import { layerLoss } from '../../../../src/report/figures/sweep/layer-loss.js';
import { handMadeFacts, handMadeTrial } from '../../hand-made-facts.js';

/** Losses of two layers in trials 1, 2, ... of those alphas, with their spec. */
function drawn(...alphas: readonly number[]): { readonly title: string; readonly spec: string } {
  const facts: SweepFacts = handMadeFacts(
    alphas.map((alpha, index) =>
      handMadeTrial(index + 1, { alpha, alphaMode: 'static', calibrationBatches: 10, settings: {} }),
    ),
    [],
    { sizes: [10] },
  );
  const rows = alphas.flatMap((alpha, index) =>
    ['/conv1/Conv', '/conv2/Conv'].map((layer, position) => ({
      ...{ trial: index + 1, role: 'candidate', alpha_mode: 'static', trial_alpha: alpha, layer_alpha: alpha },
      ...{ calibration_batches: 10, position, layer, mode: 'accumulated' },
      ...{ l1: 0.1 + position, rel_l1: 0.1, mse: 0.1, sqnr_db: 20, cosine_distance: 0.1, max_abs: 1 },
    })),
  );
  const content = layerLoss.build(rows, facts);
  if (content.kind !== 'charts') throw new Error(`Expected charts, got ${content.kind}`);
  return { title: layerLoss.title(facts), spec: JSON.stringify(content.panels.map(({ spec }) => spec)) };
}

describe('layer losses', () => {
  it('are lines over alpha from two alphas on', () => {
    const { title, spec } = drawn(0.4, 0.5);
    expect(title).toBe('Loss of each layer at each alpha');
    expect(spec).toContain('"vconcat"');
  });

  it('are ranked layers where there is one alpha', () => {
    const { title, spec } = drawn(0.5);
    expect(title).toBe('Loss of each layer');
    expect(spec).not.toContain('"type":"line"');
    expect(spec).toContain('"sort":{"field":"drawn","op":"max","order":"descending"}');
    expect(spec).toContain('"domain":["alpha 0.5"]');
  });
});
