import { describe, expect, it } from 'vitest';
import { canonicalSettings } from '../../../src/experiment/sections/canonical-settings.js';
import type { LayerSettings } from '../../../src/experiment/sections/settings.js';
import { base, loadText } from '../load-text.js';

function layersOf(written: string, target = 'layers-only'): LayerSettings {
  const text = `${base}target: ${target}\nlayers: ${written}\ngrid: [{ smoothing.alpha: 0.5 }]\n`;
  const [trial] = loadText(text).trials.filter(({ role }) => role === 'candidate');
  return canonicalSettings('candidate', trial!.settings).layers!;
}

describe('canonical settings of layers', () => {
  it('have no keepFloatLoss where it does nothing: keys go by them', () => {
    expect(layersOf('{}')).not.toHaveProperty('keepFloatLoss');
    expect(layersOf('{ keepFloat: 2 }')).not.toHaveProperty('keepFloatLoss');
    expect(layersOf('{ keepFloat: auto }')).not.toHaveProperty('keepFloatLoss');
    expect(layersOf('{ keepFloat: auto, keepFloatLoss: 0.01 }')).toHaveProperty('keepFloatLoss', 0.01);
    expect(layersOf('{ keepFloat: 2, keepFloatBatch: 8 }')).not.toHaveProperty('keepFloatBatch');
    expect(layersOf('{ keepFloat: slower }', 'onnxruntime-cpu')).not.toHaveProperty('keepFloatBatch');
    expect(layersOf('{ keepFloat: slower, keepFloatThreads: 2 }', 'onnxruntime-cpu')).toHaveProperty(
      'keepFloatThreads',
      2,
    );
  });
});
