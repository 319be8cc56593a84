import type { PlacedNode } from '../targets/placement.js';
import { deploymentSession } from '../engine/jobs/trial/phases/measure-deployment.js';
import { fusing } from '../engine/jobs/job-context.js';
import { floatDespitePlacement } from '../engine/session/float-despite-placement.js';
import { readBack, type ReadBack } from '../engine/session/read-back.js';
import { describeNode } from '../onnx/graph-index.js';
import { baseNodeOf } from '../quantize/graph/base-node.js';
import type { PlacedModel } from '../quantize/placed-model.js';
import { targets } from '../targets/registry.js';
import { compareOnSamples, contextAt, type ComparedOutputs } from './check-exported.js';
import type { ExportedModel } from './export-trial.js';

/** What is known of the file of a target's trial, for messages. */
export interface TargetCheck {
  readonly target: PlacedModel['target'];
  /**
   * How the file was run: as its target would, where that is onnxruntime on this CPU, or as it is
   * written, without integer kernels, to see that it holds what was simulated.
   */
  readonly ran: 'default' | 'exactProducts' | 'unfused';
  /** Why it was not run as its target would; null where it was. */
  readonly notRun: string | null;
  /** Tensors that the target quantizes. */
  readonly tensors: number;
  /** Operators that the target runs in float, and why. */
  readonly float: readonly { readonly operator: string; readonly reason: string }[];
  /** What the runtime makes of the file; null where it is not the target's. */
  readonly readBack: ReadBack | null;
  /** Of that, operators in float that were to run on integers. */
  readonly unexpected: readonly string[];
  readonly compared: ComparedOutputs | null;
  /** Why it was not compared with the simulation. */
  readonly notCompared: string | null;
}

/**
 * Asks the runtime what it makes of a target's file, where it is the target's, and runs the file
 * beside the simulation of the trial.
 *
 * @param settings JSON of the trial's settings
 * @param allowCode whether a dataset module may run
 */
export async function checkTarget(
  exported: ExportedModel,
  placed: PlacedModel,
  settings: string,
  allowCode: boolean,
): Promise<TargetCheck> {
  const { target, placement } = placed;
  const context = contextAt('all');
  const isHere = targets[target].kernels !== null && process.arch === 'x64';
  const session = deploymentSession({ placed }, context.session);
  const found = isHere ? await readBack(exported.model, session ?? context.session) : null;
  const unexpected = found === null ? [] : floatDespitePlacement(placement, found.operators);
  const names = new Map(
    exported.model.graph.node.map((node) => [baseNodeOf(exported.model, node), describeNode(node)]),
  );
  const named = ({ node, op }: Pick<PlacedNode, 'node' | 'op'>): string => names.get(node) ?? `${op} "${node}"`;
  const known = {
    target,
    tensors: placement.quantizers.length,
    float: placement.nodes.flatMap((node) =>
      node.runs === 'float' && node.reason !== null ? [{ operator: named(node), reason: node.reason }] : [],
    ),
    readBack: found,
    unexpected: unexpected.map(named),
  };
  const notRun = session === null ? whyNot(target) : null;
  if (isHere && session === null) {
    const notCompared = 'the sums of this CPU do not saturate as those of its target do';
    return { ...known, ran: 'unfused', notRun, compared: null, notCompared };
  }
  const file = session === null ? context : fusing({ ...context, session });
  const ran = session === null ? 'unfused' : session.exactProducts === true ? 'exactProducts' : 'default';
  try {
    const compared = await compareOnSamples(exported, settings, { simulation: context, file }, allowCode);
    return typeof compared === 'string'
      ? { ...known, ran, notRun, compared: null, notCompared: compared }
      : { ...known, ran, notRun, compared, notCompared: null };
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { ...known, ran, notRun, compared: null, notCompared: line! };
  }
}

function whyNot(target: PlacedModel['target']): string {
  if (targets[target].evidence === 'rules') return 'not run on it: it follows published rules (docs/TARGETS.md)';
  return process.arch === 'x64'
    ? 'not run on it here: this CPU has VNNI, its target has not'
    : `not run on it here: its kernels are those of x64, this is ${process.arch}`;
}
