import { relativeAxis } from '../channels.js';
import { computedIntegers } from '../computed-integers.js';
import type { Follower } from '../follower.js';
import { unary } from './activations.js';
import { readIntAttribute, readIntsAttribute } from '../../node.js';
import type { OnnxModel } from '../../onnx-model.js';
import type { NodeProto } from '../../proto/onnx_pb.js';

/** A run of channels, or of anything else, taken out of a tensor. */
export const slice: Follower = {
  carries: (model, node) => (sliceOf(model, node) === null ? 'has computed places' : [0]),
  follow: (model, node, inputs) => {
    let channels = inputs.get(0)!;
    let [from, to] = [0, channels.count];
    for (const { start, end, axis, step } of sliceOf(model, node)!) {
      const relative = relativeAxis(channels, axis);
      if (relative === null) return 'may take some of the channels';
      if (relative !== 0) continue;
      if (step !== 1) return 'takes some of the channels, not one run of them';
      const place = (at: number): number => Math.min(Math.max(at < 0 ? at + channels.count : at, 0), channels.count);
      [from, to] = [place(start), Math.max(place(start), place(end))];
    }
    channels = { ...channels, count: to - from, positions: null };
    const taken = Int32Array.from({ length: to - from }, (_, c) => c + from);
    return { outputs: [channels], links: [{ input: 0, output: 0, channels: taken }], constants: [] };
  },
};

interface SliceOfAxis {
  readonly start: number;
  readonly end: number;
  readonly axis: number;
  readonly step: number;
}

function sliceOf(model: OnnxModel, node: NodeProto): readonly SliceOfAxis[] | null {
  const list = (index: number, name: string): readonly number[] | null =>
    (node.input[index] ?? '') === '' ? readIntsAttribute(node, name) : computedIntegers(model, node.input[index]!);
  const given = (index: number): boolean => (node.input[index] ?? '') !== '';
  const [starts, ends, axes, steps] = [list(1, 'starts'), list(2, 'ends'), list(3, 'axes'), list(4, 'steps')];
  if (starts === null || ends === null || (given(3) && axes === null) || (given(4) && steps === null)) return null;
  return starts.map((start, i) => ({ start, end: ends[i]!, axis: axes?.[i] ?? i, step: steps?.[i] ?? 1 }));
}

export const split: Follower = {
  carries: (model, node) =>
    (node.input[1] ?? '') !== '' && computedIntegers(model, node.input[1]!) === null ? 'has computed sizes' : [0],
  allOutputs: true,
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const relative = relativeAxis(channels, readIntAttribute(node, 'axis', 0));
    if (relative === null) return 'may split the channels';
    const parts = node.output.length;
    const given =
      (node.input[1] ?? '') === '' ? readIntsAttribute(node, 'split') : computedIntegers(model, node.input[1]!);
    const most = Math.ceil(channels.count / parts);
    const sizes = node.output.map((_, part) => {
      if (relative !== 0) return channels.count;
      return given?.[part] ?? Math.max(0, Math.min(most, channels.count - part * most));
    });
    const starts = sizes.map((_, part) => (relative !== 0 ? 0 : sizes.slice(0, part).reduce((a, b) => a + b, 0)));
    const total = sizes.reduce((a, b) => a + b, 0);
    if (relative === 0 && total !== channels.count) return 'splits another number of channels';
    return {
      outputs: node.output.map((name, part) =>
        name === '' ? null : { ...channels, count: sizes[part]!, positions: null },
      ),
      links: node.output.flatMap((name, part) => {
        if (name === '') return [];
        const own = Int32Array.from({ length: sizes[part]! }, (_, c) => c + starts[part]!);
        return [{ input: 0, output: part, channels: own }];
      }),
      constants: [],
    };
  },
};

export const pad: Follower = {
  carries: (model, node) => {
    const commutes = unary.carries(model, node);
    if (typeof commutes === 'string') return commutes;
    return padsOf(model, node) === null ? 'has computed pads' : commutes;
  },
  follow: (model, node, inputs) => {
    const channels = inputs.get(0)!;
    const pads = padsOf(model, node)!;
    const given = (node.input[3] ?? '') === '' ? null : computedIntegers(model, node.input[3]!);
    if ((node.input[3] ?? '') !== '' && given === null) return 'has computed axes';
    const axes = pads.length / 2;
    let [before, behind] = [0, 0];
    for (let i = 0; i < axes; i++) {
      if (pads[i] === 0 && pads[i + axes] === 0) continue;
      // Without axes there is a pair for each one, from the last as well as from the first.
      const relative =
        given === null
          ? (relativeAxis(channels, i) ?? relativeAxis(channels, i - axes))
          : relativeAxis(channels, given[i]!);
      if (relative === null) return 'may pad the channels';
      if (relative === 0) [before, behind] = [pads[i]!, pads[i + axes]!];
    }
    if (before !== 0 || behind !== 0) {
      const mode = node.attribute.find((a) => a.name === 'mode')?.s;
      if (mode !== undefined && new TextDecoder().decode(mode) !== 'constant') return 'repeats channels';
    }
    const count = channels.count + before + behind;
    // Padded channels hold 0, which any factor divides.
    const from = Int32Array.from({ length: Math.max(0, count) }, (_, c) =>
      c - before >= 0 && c - before < channels.count ? c - before : -1,
    );
    return {
      outputs: [{ ...channels, count: from.length, positions: null }],
      links: [{ input: 0, output: 0, channels: from }],
      constants: [],
    };
  },
};

/** An attribute before opset 11, then an input. */
function padsOf(model: OnnxModel, node: NodeProto): readonly number[] | null {
  const input = node.input[1] ?? '';
  return input === '' ? readIntsAttribute(node, 'pads') : computedIntegers(model, input);
}
