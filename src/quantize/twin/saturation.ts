import type { NodeProto } from '../../onnx/proto/onnx_pb.js';
import type { IntegerWeight } from './integer-weight.js';
import type { TwinGraph, TwinQuantizer } from './twin-graph.js';

/** What is lost to saturation at 16 bits; to be written. */
export function saturationExcess(
  _twin: TwinGraph,
  _node: NodeProto,
  _input: TwinQuantizer,
  _weight: IntegerWeight,
  _name: string,
): readonly string[] {
  return [];
}
