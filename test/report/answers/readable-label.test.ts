import { describe, expect, it } from 'vitest';
import { readableLabel } from '../../../src/report/answers/readable-label.js';

const paths = ['smoothing.alpha', 'quantization.weight.bits', 'quantization.activation.calibrator', 'layers.keepFloat'];

describe('a label in words', () => {
  it('calls axes as the report calls them', () => {
    expect(readableLabel('static alpha=0.5, 2 batches, activation.calibrator=max, weight.bits=4', paths)).toBe(
      'static alpha 0.5, 2 batches, activation calibrator max, weight bits 4',
    );
  });

  it('counts layers in float, and has those that a list names', () => {
    expect(readableLabel('dynamic, layers.keepFloat=1', paths)).toBe('dynamic, 1 layer in float');
    expect(readableLabel('dynamic, layers.keepFloat=8', paths)).toBe('dynamic, 8 layers in float');
    expect(readableLabel('dynamic, layers.keepFloat=[/a /b]', paths)).toBe('dynamic, layers in float [/a /b]');
    expect(readableLabel('unsmoothed, layers.keepFloat=slower', paths)).toBe(
      'unsmoothed, layers in float that integers slow down',
    );
  });

  it('leaves what is no axis of the sweep as it is', () => {
    expect(readableLabel('only /conv=1/Conv, cle', paths)).toBe('only /conv=1/Conv, cle');
  });
});
