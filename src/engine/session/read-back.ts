import type { DeployedOperator } from '../../records/deployment-record.js';
import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import { type OnnxModel } from '../../onnx/onnx-model.js';
import { splitModel } from '../../onnx/split-model.js';
import { baseNodeOf } from '../../quantize/graph/base-node.js';
import { changesByDefault, numberOf, optimizedGraphs, type DefaultBehaviour } from './default-options.js';
import { deployedOperators } from './deployed-operators.js';
import { RuntimeError, Session, type SessionSettings } from './session.js';
import { zeroFeeds } from './zero-feeds.js';

/** What a session without options makes of a target's model, by the runtime's own graphs. */
export interface ReadBack {
  /** In graph order; what the runtime made a part of another operator has that one's kernel. */
  readonly operators: readonly DeployedOperator[];
  /** Nodes of the base model whose float32 weight the runtime quantizes by itself. */
  readonly weights: readonly string[];
  /** Nodes of the base model whose float32 bias it rounds although their weight is in the file. */
  readonly biases: readonly string[];
  /** Pairs of QuantizeLinear and DequantizeLinear that it joins with the pair before. */
  readonly mergedPairs: number;
  /** Operators on integers -> how many of them. */
  readonly integerKernels: DefaultBehaviour['integerKernels'];
  /**
   * The runtime's words where it makes kernels of the model and then refuses to load or to run
   * them; null: it did not.
   */
  readonly failure: string | null;
  /** Whether it was run once; not so where an input's shape is not known. */
  readonly ran: boolean;
}

/**
 * Has the runtime rewrite a model as it does by default, names what became of every operator, and
 * runs the model once on zeros, as some patterns fuse into kernels that fail only then.
 *
 * @param model made by `deployableModel`, not read from its file
 */
export async function readBack(model: OnnxModel, settings: SessionSettings): Promise<ReadBack> {
  const nothing = { operators: [], weights: [], biases: [], mergedPairs: 0, integerKernels: {} };
  let graphs;
  try {
    graphs = await optimizedGraphs(model, settings);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { ...nothing, failure: firstLine(error), ran: false };
  }
  const { weights, biases, mergedPairs, integerKernels } = changesByDefault(model, graphs);
  const named = (nodes: readonly NodeProto[]): readonly string[] =>
    nodes.map((node) => baseNodeOf(model, node)).filter((name) => name !== null);
  const run = await runOnce(model, settings);
  return {
    operators: deployedOperators(model, graphs.extended, numberOf),
    weights: named(weights),
    biases: named(biases),
    mergedPairs,
    integerKernels,
    ...run,
  };
}

async function runOnce(model: OnnxModel, settings: SessionSettings): Promise<Pick<ReadBack, 'failure' | 'ran'>> {
  const feeds = zeroFeeds(model);
  if (feeds === null) return { failure: null, ran: false };
  try {
    const session = await Session.create(splitModel(model, null), feeds.input, { ...settings, fuseQuantized: true });
    try {
      await session.run(feeds.batch, feeds.further);
    } finally {
      await session.release();
    }
    return { failure: null, ran: true };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { failure: firstLine(error), ran: true };
  }
}

/** The model's own fault, not one of memory or a device. */
function isRefusal(error: unknown): error is RuntimeError {
  return error instanceof RuntimeError && error.trouble === null;
}

function firstLine({ message }: RuntimeError): string {
  return message.split('\n', 1)[0]!;
}
