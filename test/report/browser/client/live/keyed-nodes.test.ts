import { describe, expect, it } from 'vitest';
import { keyedNodes, type KeyedNode } from '../../../../../src/report/browser/client/live/keyed-nodes.js';

const text: KeyedNode = { nodeType: 3 };
const element = (tagName: string, id = '', className = ''): KeyedNode => ({ nodeType: 1, tagName, id, className });

describe('keyedNodes', () => {
  it('tells nodes apart by tag and id, without an id by class, and by their place among alike ones', () => {
    const nodes = [element('P'), element('P'), element('P', '', 'about'), element('FIGURE', 'amax'), text, text];
    expect(keyedNodes(nodes).size).toBe(nodes.length);
  });

  it('finds an element again when others of another name come before it', () => {
    const figure = element('FIGURE', 'amax', 'wide');
    const [key] = [...keyedNodes([figure]).keys()];
    expect(keyedNodes([element('DIV', 'new'), text, figure]).get(key!)).toBe(figure);
  });

  it('finds an element with an id again when its class changes', () => {
    const [before] = [...keyedNodes([element('FIGURE', 'amax', 'wide')]).keys()];
    const [after] = [...keyedNodes([element('FIGURE', 'amax')]).keys()];
    expect(after).toBe(before);
  });
});
