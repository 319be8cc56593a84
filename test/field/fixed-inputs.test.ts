import { describe, expect, it } from 'vitest';
import { resolveModelIo } from '../../src/graph/model-io.js';
import { feedReader } from '../../src/runtime/feeds.js';
import { buildModel, node, value } from '../graph/build-model.js';
import type { Dataset } from '../../src/data/dataset.js';

/** Samples `[512]`, and a state that is filled with 0. */
function dataset(): Dataset {
  return {
    sampleCount: 3,
    sampleShape: [512],
    labels: null,
    groundTruth: null,
    inputs: [{ kind: 'value', name: 'state', value: 0 }],
    read: () => undefined,
    close: () => undefined,
  };
}

function dimsOf(samples: readonly (number | string)[], state: readonly (number | string)[], rows: number) {
  const inputs = [value('x', samples), value('state', state)];
  const io = resolveModelIo(buildModel({ nodes: [node('Relu', ['x'], 'y')], inputs }), { input: 'x', output: null });
  return feedReader(io, dataset())(0, rows, rows)['state']!.dims;
}

describe('26: {value: 0} fills a shape whose free axes other inputs fix', () => {
  it.each([
    [['batch', 'samples'], [2, 'batch', 128], [2, 3, 128]],
    [['batch', 'samples'], ['batch', 'samples'], [3, 512]],
    [['batch', 'samples'], ['samples', 'batch'], [512, 3]],
    [['batch', 'samples'], ['other', 4], [3, 4]],
    [[3, 'samples'], [2, 'samples'], [2, 512]],
  ])('samples %j, state %j', (samples, state, dims) => {
    expect(dimsOf(samples, state, 3)).toEqual(dims);
  });

  it('and says which shape it could not fill', () => {
    expect(() => dimsOf(['batch', 'samples'], [2, 'past', 128], 3)).toThrow(
      'Expected a known shape to fill input "state" with its value, got [2, any, 128]. No other input fixes its free axes: give an array (path).',
    );
  });
});
