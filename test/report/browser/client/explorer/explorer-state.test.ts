import { describe, expect, it } from 'vitest';
import {
  plainState,
  readFragment,
  stateFragment,
} from '../../../../../src/report/browser/client/explorer/explorer-state.js';

const ids = ['trial', 'smoothing.alpha', 'layers.focus', 'value'];

describe('stateFragment', () => {
  it('writes what was chosen, and the figure alone where nothing was', () => {
    expect(stateFragment('trials', plainState)).toBe('#trials');
    const state = {
      ...plainState,
      sort: { column: 'value', isDown: true },
      filters: { 'smoothing.alpha': '0.5' },
      selected: [3, 7],
    };
    expect(stateFragment('trials', state)).toBe('#trials?sort=-value&f=smoothing.alpha:0.5&sel=3,7');
  });

  it('is read as it was, whatever people search and layers are called', () => {
    const state = {
      sort: { column: 'smoothing.alpha', isDown: false },
      text: 'a+b & c=d, 100 % "é"#?',
      filters: { 'layers.focus': '/conv:1,2&f=x+y', 'smoothing.alpha': '–' },
      columns: ['trial', 'value'],
      selected: [9, 2],
      isComparing: true,
      page: 3,
    };
    expect(readFragment('trials', stateFragment('trials', state), ids)).toEqual(state);
  });
});

describe('readFragment', () => {
  it('is null where the fragment is of something else', () => {
    for (const fragment of ['', '#trials', '#layers?sort=value', '#trial?sort=value'])
      expect(readFragment('trials', fragment, ids)).toBeNull();
  });

  it('leaves out what the table does not have', () => {
    const read = readFragment('trials', '#trials?sort=-gone&cols=gone&f=gone:1&f=value&sel=x,-1,5,5&page=-2', ids);
    expect(read).toEqual({ ...plainState, selected: [5] });
  });
});
