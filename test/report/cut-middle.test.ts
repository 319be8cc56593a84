import { describe, expect, it } from 'vitest';
import { cutMiddle } from '../../src/report/cut-middle.js';

describe('a text cut in the middle', () => {
  it('keeps both ends and the length asked for', () => {
    const cut = cutMiddle('/layer3/layer3.1/conv2/Conv_output_0', 20);
    expect(cut).toHaveLength(20);
    expect(cut).toBe('/layer3/…nv_output_0');
  });

  it('is the text itself where that is short enough', () => {
    expect(cutMiddle('/stem/conv', 10)).toBe('/stem/conv');
  });
});
