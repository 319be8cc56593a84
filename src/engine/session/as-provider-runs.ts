import { ROUNDING } from '../../onnx/edits/graph-patch.js';
import type { ModelIo } from '../../onnx/model-io.js';
import { makeNode } from '../../onnx/node.js';
import type { OnnxModel } from '../../onnx/onnx-model.js';
import { roundByAdding } from '../../onnx/edits/round-by-adding.js';
import { smallModel } from '../../onnx/small-model.js';
import { floatTensor } from '../../onnx/tensor.js';
import { withLinearQuantizers } from '../../quantize/quantizers/linear-quantizers.js';
import { blockedForm } from './blocked-form.js';
import { Session, type SessionSettings } from './session.js';

/** A model in the form in which it is run, and how. */
export interface Runnable {
  readonly model: OnnxModel;
  readonly settings: SessionSettings;
}

/**
 * The model as this provider runs it best, with the same numbers: on CPU with the fastest of the equal forms of its fake
 * quantizers; on WebGPU, which has no kernel for Round, with the rounding of quantizers written as additions, if
 * additions on the device round as it takes.
 *
 * @param longPass samples of one run of a pass so long that it is worth a second to find out which form is the fastest; null: of any
 *   other
 */
export async function asProviderRuns(
  model: OnnxModel,
  io: ModelIo,
  settings: SessionSettings,
  longPass: number | null,
): Promise<Runnable> {
  switch (settings.provider) {
    case 'cpu':
      return (
        (longPass === null ? null : await blockedForm(model, io, settings, longPass)) ?? {
          model: withLinearQuantizers(model),
          settings,
        }
      );
    case 'webgpu':
      return { model: (await roundsByAdding(settings)) ? roundByAdding(model) : model, settings };
    case 'cuda':
      return { model, settings };
  }
}

const known = new Map<number, boolean>();

/** Whether adding and subtracting 1.5 * 2^23 rounds half to even on this device: run once per child and device. */
async function roundsByAdding(settings: SessionSettings): Promise<boolean> {
  const before = known.get(settings.deviceId);
  if (before !== undefined) return before;
  const parts = [0, 0.25, 0.49999997, 0.5, 0.50000006, 0.75];
  const wholes = [-65536, -32767, -128, -3, -2, -1, 0, 1, 2, 127, 254, 255, 32767, 65535];
  const data = Float32Array.from(wholes.flatMap((whole) => parts.map((part) => whole + part)));
  const dims = [data.length];
  const model = smallModel({
    nodes: [makeNode('Add', ['x', 'c'], 'shifted'), makeNode('Sub', ['shifted', 'c'], 'y')],
    inputShape: dims,
    outputShape: dims,
    initializers: [floatTensor('c', [], Float32Array.of(ROUNDING))],
  });
  const session = await Session.create(model, 'x', settings);
  try {
    const { y } = await session.run({ data, dims });
    const exact = data.every((value, i) => y!.data[i] === roundHalfToEven(value));
    known.set(settings.deviceId, exact);
    return exact;
  } finally {
    await session.release();
  }
}

function roundHalfToEven(value: number): number {
  const low = Math.floor(value);
  const part = value - low;
  if (part !== 0.5) return part < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}
