import { basename } from 'node:path';
import type { Layer } from '../onnx/layers/layers.js';
import { joinPads } from '../onnx/folding/join-pads.js';
import type { OnnxModel } from '../onnx/onnx-model.js';
import type { PlacedNode } from '../targets/placement.js';
import { placeQuantizers } from '../targets/place-quantizers.js';
import { targets, type PlacingTargetName } from '../targets/registry.js';
import { printableName } from '../text/printable.js';

/** Operators that a line lists by name. */
const LISTED = 4;

/**
 * What people should know of a target before a sweep: whether it is run here, and what of the model
 * it can't run on integers.
 *
 * @param folded with BatchNormalization folded
 * @param selected the layers that are quantized, but for those that `layers.keepFloat` will leave
 *   out
 */
export function targetNotes(
  path: string,
  folded: OnnxModel,
  selected: readonly Layer[],
  name: PlacingTargetName,
): readonly string[] {
  const target = targets[name];
  const layers = new Set(selected.map(({ outputTensor }) => outputTensor));
  const { quantizers, nodes } = placeQuantizers(joinPads(folded), target, { layers, others: true });
  const counts = { quantize: 0, pass: 0, float: 0 };
  for (const { runs } of nodes) counts[runs] += 1;
  const evidence = target.evidence === 'run' ? '' : ' It follows published rules; it is not run here.';
  return [
    `${basename(path)} on ${name}: ${tensorsText(quantizers.length)}; of ${nodes.length} ${nodes.length === 1 ? 'operator' : 'operators'} ${verb(counts.quantize, 'computes', 'compute')} on integers, ${verb(counts.pass, 'passes', 'pass')} them on, ${verb(counts.float, 'stays', 'stay')} in float.${evidence}`,
    ...inFloat(nodes),
  ];
}

function tensorsText(count: number): string {
  return count === 1 ? '1 tensor has a quantizer' : `${count} tensors have quantizers`;
}

function verb(count: number, singular: string, plural: string): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

function inFloat(nodes: readonly PlacedNode[]): readonly string[] {
  const byReason = new Map<string, PlacedNode[]>();
  for (const node of nodes) {
    if (node.runs !== 'float') continue;
    const reason = `${node.op}${node.reason === null ? '' : `: ${node.reason}`}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), node]);
  }
  return [...byReason].map(([reason, group]) => {
    const named = group.slice(0, LISTED).map(({ node }) => printableName(node));
    const more = group.length > LISTED ? ` and ${group.length - LISTED} more` : '';
    return `  float: ${reason} (${named.join(', ')}${more})`;
  });
}
