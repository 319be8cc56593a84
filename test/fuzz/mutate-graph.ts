import { create, type MessageShape } from '@bufbuild/protobuf';
import { intAttribute, intsAttribute } from '../../src/onnx/node.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  GraphProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TensorProto_DataLocation,
  TensorProto_DataType,
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProtoSchema,
  type NodeProto,
  type TensorProto,
} from '../../src/onnx/proto/onnx_pb.js';
import { floatTensor } from '../../src/onnx/tensor.js';
import { graphAttribute, node, subgraph, value } from '../onnx/build-model.js';
import { lengths, locations } from './external-entries.js';
import type { Random } from './random.js';

const { FLOAT } = TensorProto_DataType;

type Model = MessageShape<typeof ModelProtoSchema>;

/** Changes a decoded model in place and says how. */
type GraphMutation = (model: Model, random: Random) => string;

const oddIntegers = [0n, -1n, 1n, 2n ** 31n, 2n ** 40n, 2n ** 53n, 2n ** 62n, -(2n ** 63n)] as const;
const oddNames = [
  '',
  'x',
  '__proto__',
  'quantsweep/observe/0/max',
  'n'.repeat(10_000),
  'a\nb',
  '\x1b[31mred',
  '../w',
  '\0',
];

const layerOps = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'];
const anyNode = (model: Model, random: Random): NodeProto => random.pick(graphOf(model).node);
const layerNode = (model: Model, random: Random): NodeProto => {
  const layers = graphOf(model).node.filter((n) => layerOps.includes(n.opType));
  return layers.length === 0 ? anyNode(model, random) : random.pick(layers);
};
const anyTensor = (model: Model, random: Random): TensorProto =>
  graphOf(model).initializer.length === 0 ? create(TensorProtoSchema) : random.pick(graphOf(model).initializer);

function graphOf(model: Model): GraphProto {
  return (model.graph ??= create(GraphProtoSchema));
}

function setAttribute(target: NodeProto, attribute: NodeProto['attribute'][number]): void {
  target.attribute = [...target.attribute.filter((a) => a.name !== attribute.name), attribute];
}

const mutations: readonly GraphMutation[] = [
  (model, random) => {
    const source = anyNode(model, random);
    const target = anyNode(model, random);
    const tensor = source.output[0] ?? '';
    if (target.input.length > 0) target.input[random.below(target.input.length)] = tensor;
    return `${target.opType} reads "${tensor}"`;
  },
  (model, random) => {
    const target = anyNode(model, random);
    if (target.output.length > 0) target.output[0] = target.input[0] ?? '';
    return `${target.opType} makes what it reads`;
  },
  (model, random) => {
    const graph = graphOf(model);
    const gone = random.below(graph.initializer.length || 1);
    graph.initializer = graph.initializer.filter((_, index) => index !== gone);
    return 'an initializer is missing';
  },
  (model, random) => {
    const graph = graphOf(model);
    const twice = random.pick(['initializer', 'node', 'input', 'output'] as const);
    switch (twice) {
      case 'initializer':
        graph.initializer.push(anyTensor(model, random));
        break;
      case 'node':
        graph.node.push(anyNode(model, random));
        break;
      case 'input':
        graph.input.push(...graph.input);
        break;
      case 'output':
        graph.output.push(...graph.output);
        break;
    }
    return `${twice} twice`;
  },
  (model, random) => {
    const name = random.pick(oddNames);
    const what = random.below(5);
    const graph = graphOf(model);
    if (what === 0) anyTensor(model, random).name = name;
    if (what === 1) anyNode(model, random).name = name;
    if (what === 2) anyNode(model, random).output[0] = name;
    if (what === 3) for (const input of graph.input) input.name = name;
    if (what === 4) renameEverywhere(graph, layerNode(model, random).input[random.below(2)] ?? '', name);
    return `name ${JSON.stringify(name.slice(0, 20))} at place ${what}`;
  },
  (model, random) => {
    const tensor = weightOf(model, random);
    const odd = random.pick(oddIntegers);
    const dims = [...tensor.dims];
    if (dims.length > 0) dims[random.below(dims.length)] = odd;
    const others = random.pick<(dims: bigint[]) => bigint[]>([
      (d) => d,
      (d) => d,
      (d) => d.map(() => odd),
      (d) => [...d, odd],
      () => [],
      (d) => [0n, ...d.slice(1)],
      (d) => [2n ** 50n, 0n, ...d.slice(2)],
      (d) => [...d.slice(0, 1), 0n, ...d.slice(2)],
      () => Array.from({ length: 3000 }, () => 2n ** 40n),
    ]);
    tensor.dims = others(dims);
    if (random.chance(0.4)) tensor.rawData = new Uint8Array(0);
    return `dims [${tensor.dims.slice(0, 5).join(', ')}], ${tensor.rawData.length} bytes`;
  },
  (model, random) => {
    const tensor = weightOf(model, random);
    const length = random.pick([
      0,
      1,
      3,
      4,
      tensor.rawData.length - 1,
      tensor.rawData.length + 4,
      tensor.rawData.length * 2,
    ]);
    tensor.rawData = new Uint8Array(Math.max(0, length));
    if (random.chance(0.3)) tensor.floatData = [1, NaN];
    return `weight of ${tensor.rawData.length} bytes`;
  },
  (model, random) => {
    const tensor = weightOf(model, random);
    tensor.dataType = random.pick([0, 2, 7, 8, 9, 10, 11, 16, 17, 22, 23, 99, -1, 2 ** 30]);
    return `element type ${tensor.dataType}`;
  },
  (model, random) => {
    const tensor = random.chance(0.7) ? weightOf(model, random) : anyTensor(model, random);
    const count = Math.floor(tensor.rawData.length / 4);
    const values = new Float32Array(new Uint8Array(tensor.rawData.slice(0, 4 * count)).buffer);
    const wild = random.pick([NaN, Infinity, -Infinity, 3.4e38, 1e-45, 0, -3.4e38]);
    if (random.chance(0.5)) values.fill(wild);
    else if (count > 0) values[random.below(count)] = wild;
    tensor.rawData = new Uint8Array(values.buffer);
    return `${wild} in a weight`;
  },
  (model, random) => {
    const target = layerNode(model, random);
    const group = random.pick([...oddIntegers, 3n, 1000n]);
    setAttribute(
      target,
      create(AttributeProtoSchema, { name: 'group', type: AttributeProto_AttributeType.INT, i: group }),
    );
    return `${target.opType} of group ${group}`;
  },
  (model, random) => {
    const target = layerNode(model, random);
    const name = random.pick(['pads', 'strides', 'dilations', 'kernel_shape', 'output_padding', 'perm', 'axes']);
    const ints = Array.from({ length: random.pick([0, 1, 2, 4, 2000]) }, () => Number(random.pick(oddIntegers)));
    setAttribute(
      target,
      intsAttribute(
        name,
        ints.map((i) => (Number.isSafeInteger(i) ? i : 2 ** 40)),
      ),
    );
    return `${target.opType} with ${name} of ${ints.length}`;
  },
  (model, random) => {
    const target = layerNode(model, random);
    const name = random.pick([
      'transA',
      'transB',
      'alpha',
      'beta',
      'group',
      'auto_pad',
      'axis',
      'epsilon',
      'training_mode',
    ]);
    const attribute = random.pick([
      intAttribute(name, random.pick([0, 1, -1, 2 ** 40])),
      create(AttributeProtoSchema, {
        name,
        type: AttributeProto_AttributeType.FLOAT,
        f: random.pick([NaN, 0, -1, Infinity]),
      }),
      create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.TENSOR, t: weightOf(model, random) }),
      create(AttributeProtoSchema, { name, refAttrName: 'r' }),
    ]);
    setAttribute(random.chance(0.7) ? target : anyNode(model, random), attribute);
    return `${target.opType} with ${name} of type ${attribute.type}`;
  },
  (model, random) => {
    const target = random.chance(0.5) ? layerNode(model, random) : anyNode(model, random);
    const change = random.pick([
      'no inputs',
      'no outputs',
      'inputs left out',
      'one input',
      'outputs left out',
      'more inputs',
    ] as const);
    if (change === 'no inputs') target.input = [];
    if (change === 'no outputs') target.output = [];
    if (change === 'inputs left out') target.input = target.input.map(() => '');
    if (change === 'one input') target.input = target.input.slice(0, 1);
    if (change === 'outputs left out') target.output = target.output.map(() => '');
    if (change === 'more inputs') target.input = Array.from({ length: 150_000 }, () => target.input[0] ?? '');
    return `${target.opType}: ${change}`;
  },
  (model, random) => {
    const tensor = weightOf(model, random);
    const entries: (readonly [string, string])[] = [['location', random.pick(locations)]];
    if (random.chance(0.6)) entries.push(['offset', random.pick(lengths)]);
    if (random.chance(0.6))
      entries.push(['length', random.chance(0.3) ? String(tensor.rawData.length) : random.pick(lengths)]);
    if (random.chance(0.1)) entries.push(['location', 'w.bin']);
    tensor.rawData = new Uint8Array(0);
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    tensor.externalData = entries.map(([key, text]) => create(StringStringEntryProtoSchema, { key, value: text }));
    return `external data ${JSON.stringify(entries).slice(0, 100)}`;
  },
  (model, random) => {
    const version = random.pick([0n, 8n, 9n, 10n, 24n, 25n, 9999n, -1n, 2n ** 62n]);
    for (const opset of model.opsetImport) opset.version = version;
    if (random.chance(0.2)) model.opsetImport = [];
    if (random.chance(0.2)) for (const opset of model.opsetImport) opset.domain = 'other';
    if (random.chance(0.2)) model.irVersion = random.pick(oddIntegers);
    return `opset ${version}`;
  },
  (model, random) => {
    const graph = graphOf(model);
    const gone = random.pick(['input', 'output', 'node', 'graph', 'initializer'] as const);
    if (gone === 'graph') delete model.graph;
    else graph[gone] = [];
    return `no ${gone}`;
  },
  (model, random) => {
    const graph = graphOf(model);
    const dims = random.pick([
      [2 ** 40, 3, 4],
      [2 ** 31, 32, 32, 32],
      [-1, 0],
      [],
      Array.from({ length: 2000 }, () => 2),
      ['n', 'm'],
    ]);
    const name = graph.input[0]?.name ?? 'x';
    graph.input = [
      value(name, dims, random.pick([FLOAT, FLOAT, FLOAT, TensorProto_DataType.INT64, TensorProto_DataType.FLOAT16])),
    ];
    if (random.chance(0.3)) graph.input.push(create(ValueInfoProtoSchema, { name: 'second' }));
    return `input of [${dims.slice(0, 4).join(', ')}]`;
  },
  (model, random) => {
    // Subgraphs: deep, empty, or around a layer that reads from outside.
    const depth = random.pick([0, 1, 20, 30, 45, 60]);
    let graph = subgraph([node('Conv', ['inner', 'w'], 'i0')], ['i0']);
    for (let level = 0; level < depth; level++) {
      graph = subgraph(
        [node('If', ['cond'], `i${level + 1}`, [graphAttribute('then_branch', graph)])],
        [`i${level + 1}`],
      );
    }
    const holder = anyNode(model, random);
    holder.opType = random.pick(['If', 'Loop', 'Scan', holder.opType]);
    holder.attribute.push(graphAttribute('body', graph));
    return `${holder.opType} with graphs ${depth} deep`;
  },
  (model, random) => {
    // A long way of Identity or Transpose between a layer and its weight.
    const target = layerNode(model, random);
    const length = random.pick([1, 100, 20_000]);
    const op = random.pick(['Identity', 'Transpose']);
    const graph = graphOf(model);
    let name = target.input[1] ?? '';
    for (let i = 0; i < length; i++) {
      graph.node.push(node(op, random.chance(0.999) ? [name] : [], `way/${i}`));
      name = `way/${i}`;
    }
    if (target.input.length > 1) target.input[1] = name;
    return `${length} nodes ${op} before a weight`;
  },
  (model, random) => {
    const graph = graphOf(model);
    graph.node = [...graph.node].reverse();
    if (random.chance(0.3)) {
      const inputs = Array.from({ length: 20_000 }, (_, i) => `many/${i}`);
      const first = graph.input[0]?.name ?? 'x';
      graph.node = [
        node('Sum', inputs, 'many'),
        ...inputs.map((name) => node('Relu', [first], name)).reverse(),
        ...graph.node,
      ];
      return 'nodes in reverse, one of 20,000 inputs';
    }
    return 'nodes in reverse';
  },
  (model, random) => {
    const target = anyNode(model, random);
    target.opType = random.pick([
      'Conv',
      'ConvTranspose',
      'Gemm',
      'MatMul',
      'BatchNormalization',
      'Constant',
      'Identity',
      '',
      'QLinearConv',
      'n'.repeat(10_000),
    ]);
    if (random.chance(0.2)) target.domain = random.pick(['ai.onnx', 'com.microsoft', 'x'.repeat(10_000)]);
    return `an operator is ${target.opType.slice(0, 20)}`;
  },
  (model, random) => {
    // BatchNormalization behind a layer, of parameters that are no parameters.
    const graph = graphOf(model);
    const target = layerNode(model, random);
    const output = target.output[0] ?? '';
    const size = random.pick([1, 4, 16, 32, 64, Number(weightOf(model, random).dims[0] ?? 1n)]);
    if (!(size >= 0 && size < 10_000)) return 'nothing';
    const fill = random.pick([0, NaN, -1, 1, 3.4e38]);
    for (const name of ['gamma', 'beta', 'mean', 'var']) {
      graph.initializer.push(
        floatTensor(`bn/${name}`, [size], new Float32Array(size).fill(name === 'var' ? fill : random.pick([1, fill]))),
      );
    }
    target.output[0] = 'bn/in';
    const inputs = ['bn/in', 'bn/gamma', 'bn/beta', 'bn/mean', 'bn/var'].slice(0, random.pick([5, 5, 5, 1, 4]));
    graph.node.push(node('BatchNormalization', inputs, output));
    return `BatchNormalization of ${size} with ${fill}`;
  },
  (model, random) => {
    const graph = graphOf(model);
    const count = random.pick([10, 10_000, 100_000]);
    for (let i = 0; i < count; i++) graph.node.push(random.chance(0.001) ? anyNode(model, random) : node('', [], []));
    return `${count} empty nodes`;
  },
];

function weightOf(model: Model, random: Random): TensorProto {
  const target = layerNode(model, random);
  return graphOf(model).initializer.find(({ name }) => name === target.input[1]) ?? anyTensor(model, random);
}

function renameEverywhere(graph: GraphProto, from: string, to: string): void {
  for (const { input, output } of graph.node) {
    for (const [index, name] of input.entries()) if (name === from) input[index] = to;
    for (const [index, name] of output.entries()) if (name === from) output[index] = to;
  }
  for (const entry of [...graph.initializer, ...graph.input, ...graph.output]) if (entry.name === from) entry.name = to;
}

/** One mutation, seldom several. */
export function mutateGraph(model: Model, random: Random): string {
  const said = [random.pick(mutations)(model, random)];
  while (random.chance(0.2) && graphOf(model).node.length > 0) said.push(random.pick(mutations)(model, random));
  return said.join('; ');
}
