import { channelScaling } from '../channel-scaling.js';
import { constantFloats, unchanged, type Follower } from '../follower.js';
import { constantTensor } from '../../constants.js';
import { describeNode } from '../../graph-index.js';

/** Operators on each number by itself, as far as they are positive-homogeneous. */
export const unary: Follower = {
  carries: (model, node) => {
    const scaling = channelScaling(model, node, null);
    return scaling.commutes ? [0] : scaling.reason.slice(describeNode(node).length + 1);
  },
  follow: unchanged,
};

export const always: Follower = { carries: () => [0], follow: unchanged };

export const slope: Follower = {
  carries: (model, { input }) => (constantTensor(model, input[1] ?? '') === null ? 'has a computed slope' : [0]),
  follow: unchanged,
};

/** Behind it nothing but a lower bound of 0 is homogeneous. */
export const clip: Follower = {
  carries: (model, node) => {
    const bound = (index: number, name: string, fallback: number): number | null => {
      const attribute = node.attribute.find((a) => a.name === name);
      if (attribute !== undefined) return attribute.f;
      const input = node.input[index] ?? '';
      return input === '' ? fallback : (constantFloats(model, input)?.[0] ?? null);
    };
    const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)];
    if (low === null || high === null) return 'has a computed bound';
    const infinite = 3.4e38;
    if (high < infinite)
      return `clips at ${Number(high.toPrecision(6))}, which would be another number for each channel`;
    return low === 0 || low <= -infinite ? [0] : `clips at ${Number(low.toPrecision(6))}`;
  },
  follow: unchanged,
};
