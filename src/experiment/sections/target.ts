import { z } from 'zod';
import { targetNames, targets, type TargetName } from '../../targets/registry.js';
import type { Column } from './section.js';

const meanings = [
  '`layers-only`: the input and the weight of each layer, nothing else',
  ...Object.entries(targets).map(([name, { description }]) => `\`${name}\`: ${description}`),
];

const schema = z
  .enum(targetNames)
  .describe(
    `What the model is deployed on, which decides where quantizers are and what settings of \`quantization\` and \`smoothing\` are by default: ${meanings.join('; ')}. See docs/TARGETS.md.`,
  )
  .default('layers-only');

interface Trial {
  readonly quantization: unknown;
  readonly target?: TargetName;
}

const columns: readonly Column<Trial>[] = [
  {
    name: 'target',
    type: 'TEXT',
    value: ({ quantization, target }) => (quantization === null ? null : (target ?? 'layers-only')),
  },
];

export const targetSection = { schema, columns };
