import { ROUNDING } from '../../onnx/edits/graph-patch.js';
import { makeNode } from '../../onnx/node.js';
import { smallModel } from '../../onnx/small-model.js';
import { floatTensor } from '../../onnx/tensor.js';
import type { Cache, JobCaches } from '../jobs/job-caches.js';
import { Session, type SessionSettings } from './session.js';

const knownDevices: Cache<Map<number, boolean>> = { start: () => new Map() };

/**
 * Whether adding and subtracting 1.5 * 2^23 rounds half to even on this device: run once per
 * process and device.
 */
export async function roundsByAdding(settings: SessionSettings, caches: JobCaches): Promise<boolean> {
  const known = caches.of(knownDevices);
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
