import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { floatAttribute, intAttribute, intsAttribute } from '../../src/onnx/node.js';
import { ModelProtoSchema } from '../../src/onnx/proto/onnx_pb.js';
import { graphAttribute, modelBytes, node, subgraph, tensor, tensorAttribute, value } from '../onnx/build-model.js';
import { randomFloats } from '../onnx/pseudo-random.js';
import { smallNetwork } from '../engine/small-network.js';
import type { FuzzCase, FuzzFormat } from './fuzz-case.js';
import { flipBits, mutateBytes } from './mutate-bytes.js';
import { mutateGraph } from './mutate-graph.js';
import type { Random } from './random.js';
import { readModel } from './read-model.js';

const demo = fileURLToPath(new URL('../../experiments/demo/bev-demo.onnx', import.meta.url));

/**
 * Grouped and transposed convolutions, weights behind Constant, Identity and Transpose, and a
 * branch.
 */
const varied = modelBytes({
  nodes: [
    node('Conv', ['x', 'w1'], 'c1', [intAttribute('group', 3), intsAttribute('pads', [1, 1, 1, 1])], 'grouped'),
    node('ConvTranspose', ['c1', 'w2', 'b2'], 'c2', [intsAttribute('strides', [2, 2])], 'up'),
    node('Relu', ['c2'], 'r2'),
    node('Identity', ['w3'], 'w3/same'),
    node('Conv', ['r2', 'w3/same'], 'c3', [], 'shared'),
    node('If', ['cond'], 'c4', [
      graphAttribute('then_branch', subgraph([node('Relu', ['c3'], 't')], ['t'])),
      graphAttribute('else_branch', subgraph([node('Conv', ['c3', 'w5'], 'e')], ['e'])),
    ]),
    node('GlobalAveragePool', ['c4'], 'p'),
    node('Flatten', ['p'], 'f'),
    node('Constant', [], 'w4', [tensorAttribute('value', tensor('', [5, 4], randomFloats(4, 20)))]),
    node('Transpose', ['w4'], 'w4/t', [intsAttribute('perm', [1, 0])]),
    node('MatMul', ['f', 'w4/t'], 'm', [], 'matrix'),
    node('Gemm', ['m', 'w6', 'b6'], 'y', [intAttribute('transB', 1), floatAttribute('alpha', 1)], 'last'),
  ],
  inputs: [value('x', ['batch', 3, 8, 8])],
  initializers: [
    tensor('w1', [6, 1, 3, 3], randomFloats(1, 54)),
    tensor('w2', [6, 3, 2, 2], randomFloats(2, 72)),
    tensor('b2', [3], [1, 2, 3]),
    tensor('w3', [4, 3, 1, 1], randomFloats(3, 12)),
    tensor('cond', [], [1]),
    tensor('w5', [4, 4, 1, 1], randomFloats(5, 16)),
    tensor('w6', [7, 5], randomFloats(6, 35)),
    tensor('b6', [7], randomFloats(7, 7)),
  ],
});
const models = { small: modelBytes(smallNetwork(2)), varied, demo: Uint8Array.from(readFileSync(demo)) } as const;

function someModel(random: Random): { readonly name: string; readonly bytes: Uint8Array } {
  const name = random.pick(['small', 'small', 'varied', 'varied', 'varied', 'demo', 'demo'] as const);
  return { name, bytes: models[name] };
}

function caseOf(what: string, bytes: Uint8Array, apply: 'insert' | 'fold'): FuzzCase {
  return {
    what,
    async read(folder) {
      const path = join(externalFolder(folder), 'model.onnx');
      writeFileSync(path, bytes);
      await readModel(path, apply);
    },
  };
}

/** A folder with files for external data, among them what must not be followed, or never ends. */
function externalFolder(folder: string): string {
  const models = join(folder, 'models');
  if (existsSync(models)) return models;
  mkdirSync(join(models, 'inner'), { recursive: true });
  writeFileSync(join(folder, 'secret.bin'), new Uint8Array(65536));
  writeFileSync(join(models, 'w.bin'), new Uint8Array(65536).fill(63));
  symlinkSync(join(folder, 'secret.bin'), join(models, 'link.bin'));
  symlinkSync('loop.bin', join(models, 'loop.bin'));
  writeFileSync(join(models, 'huge.bin'), '');
  truncateSync(join(models, 'huge.bin'), 2 ** 40);
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(models, 'pipe')]);
  return models;
}

export const onnxBytesFormat: FuzzFormat = {
  name: 'ONNX bytes',
  weight: 14,
  makeCase(random) {
    const { name, bytes } = someModel(random);
    const mutated = random.chance(0.5) ? flipBits(bytes, random) : mutateBytes(bytes, random);
    return caseOf(`${name}: ${mutated.what}`, mutated.bytes, random.pick(['insert', 'fold']));
  },
};

/** A model whose decoded structure was mutated. */
export function mutatedModel(
  random: Random,
  choose = someModel,
): { readonly what: string; readonly bytes: Uint8Array } {
  const { name, bytes } = choose(random);
  const proto = fromBinary(ModelProtoSchema, bytes);
  const what = mutateGraph(proto, random);
  return { what: `${name}: ${what}`, bytes: toBinary(ModelProtoSchema, proto) };
}

export const onnxGraphFormat: FuzzFormat = {
  name: 'ONNX graph',
  weight: 20,
  makeCase(random) {
    const { what, bytes } = mutatedModel(random);
    return caseOf(what, bytes, random.pick(['insert', 'fold']));
  },
};
