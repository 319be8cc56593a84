import { describe, expect, it } from 'vitest';
import { canonicalSettings } from '../../../src/experiment/sections/canonical-settings.js';
import type { LayerSettings } from '../../../src/experiment/sections/settings.js';
import { base, loadText } from '../load-text.js';

function layersOf(written: string): LayerSettings {
  const [trial] = loadText(`${base}layers: ${written}\ngrid: [{ smoothing.alpha: 0.5 }]\n`).trials.filter(
    ({ role }) => role === 'candidate',
  );
  return canonicalSettings('candidate', trial!.settings).layers!;
}

describe('canonical settings of layers', () => {
  it('have no keepFloatLoss where it does nothing: keys go by them', () => {
    expect(layersOf('{}')).not.toHaveProperty('keepFloatLoss');
    expect(layersOf('{ keepFloat: 2 }')).not.toHaveProperty('keepFloatLoss');
    expect(layersOf('{ keepFloat: auto }')).not.toHaveProperty('keepFloatLoss');
    expect(layersOf('{ keepFloat: auto, keepFloatLoss: 0.01 }')).toHaveProperty('keepFloatLoss', 0.01);
  });
});
