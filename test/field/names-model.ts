import { intsAttribute } from '../../src/onnx/node.js';
import { node, tensor, value, type ModelSpec } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';

/** Names that ONNX allows and that something on the way could stumble over. */
export const nastyNames = [
  'a "quoted" name',
  'back\\slash\\n',
  'tab\there, after',
  'line\nbreak\r\n',
  'bell\u0007 and delete\u007f',
  'snow ☃ 𝄞 é',
  'line\u2028separator',
  '</script><script>alert(1)</script>',
  "<!-- it's & <b>",
  'a|b,c;d`e`',
  "'; DROP TABLE trial; --",
  '__proto__',
  'constructor',
  '007',
  '12',
  '../../etc/passwd',
  '*?[x]{y}',
  '=1+1',
  '${x} %s $& {{x}}',
  ' ',
  '\u202eright to left',
  'x'.repeat(5000),
] as const;

/**
 * A convolution for each name, called like it, as is the tensor that it makes; in a chain of 2
 * channels.
 */
export function namedNetwork(names: readonly string[], withTensors = true): ModelSpec {
  const tensors = names.map((name, index) => (withTensors ? name : `t${index}`));
  const nodes = names.map((name, index) =>
    node(
      'Conv',
      [index === 0 ? 'in\n"put' : tensors[index - 1]!, `w${index}"\\`],
      tensors[index]!,
      [intsAttribute('pads', [1, 1, 1, 1])],
      name,
    ),
  );
  return {
    nodes: [...nodes, node('Relu', [tensors.at(-1)!], 'out\t"put')],
    inputs: [value('in\n"put', ['N', 2, 4, 4])],
    outputs: ['out\t"put'],
    initializers: names.map((_, index) =>
      tensor(
        `w${index}"\\`,
        [2, 2, 3, 3],
        randomFloats(index + 1, 36, () => 0.4),
      ),
    ),
  };
}
