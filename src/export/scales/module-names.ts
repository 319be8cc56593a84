import type { Layer } from '../../onnx/layers/layers.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';

/** Which name a module's was read from: its weight's, its node's, or the layer's as it is. */
export type NameRule = 'initializer' | 'node' | 'layer';

/** What a framework calls the module of a layer. */
export interface ModuleName {
  readonly module: string;
  readonly rule: NameRule;
  /** Name of the weight in the file; null where it has none of its own. */
  readonly initializer: string | null;
}

/** How PyTorch names the weight of a module. */
const WEIGHT = /^(.+)\.weight$/;

/**
 * PyTorch's module names of the layers of an exported model, in their order:
 *
 * - `initializer`: a weight named `backbone.conv1.weight` is that of module `backbone.conv1`. What
 *   the exporter made up (`onnx::Conv_123`, where it folded a BatchNormalization) is no such name.
 * - `node`: a node named `/backbone/conv1/Conv` is of module `backbone.conv1`; a part that the next
 *   one repeats, as in `/layer1/layer1.0/conv1/Conv`, is left out.
 * - `layer`: else the layer's own name. So is that of a second layer of one module, which PyTorch
 *   runs twice with one pair of quantizers.
 *
 * @param model before BatchNormalization was folded
 */
export function moduleNames(model: OnnxModel, layers: readonly Layer[]): readonly ModuleName[] {
  const taken = new Set<string>();
  return layers.map((layer) => {
    const initializer = weightName(model, layer);
    const found = moduleOf(initializer, layer);
    const name = found === null || taken.has(found.module) ? { module: layer.name, rule: 'layer' as const } : found;
    taken.add(name.module);
    return { ...name, initializer };
  });
}

function moduleOf(initializer: string | null, layer: Layer): Pick<ModuleName, 'module' | 'rule'> | null {
  const weight = initializer?.startsWith('onnx::') === true ? null : WEIGHT.exec(initializer ?? '');
  if (weight !== null && !weight[1]!.includes('/')) return { module: weight[1]!, rule: 'initializer' };
  const module = moduleOfNode(layer.name, layer.op);
  return module === null ? null : { module, rule: 'node' };
}

/** Of `/layer1/layer1.0/conv1/Conv_1`: `layer1.0.conv1`; null for a name of another form. */
function moduleOfNode(name: string, op: string): string | null {
  if (!name.startsWith('/')) return null;
  const parts = name.split('/').slice(1);
  const last = parts.pop()!;
  if (parts.length === 0 || parts.includes('') || last.replace(/_\d+$/, '') !== op) return null;
  return parts.filter((part, index) => parts[index + 1]?.startsWith(`${part}.`) !== true).join('.');
}

/** Of the weight as the file stores it, behind what exporters put between. */
function weightName({ index }: OnnxModel, layer: Layer): string | null {
  let node = index.producers.get(layer.outputTensor);
  // The folded layer makes what the BatchNormalization behind it made.
  if (node !== undefined && node.opType !== layer.op) node = index.producers.get(node.input[0] ?? '');
  if (node?.opType !== layer.op) return null;
  for (let name = node.input[1] ?? ''; ;) {
    if (index.initializers.has(name)) return name;
    const producer = index.producers.get(name);
    if (producer === undefined || !/^(?:Identity|Transpose|Cast)$/.test(producer.opType)) return null;
    name = producer.input[0] ?? '';
  }
}
