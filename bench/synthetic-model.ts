import type { ModelRecord } from '../src/records/model-record.js';
import type { MachineRecord } from '../src/records/machine-record.js';
import { layerNames, modelSha256, type SyntheticGrid } from './synthetic-experiment.js';

/** Where a synthetic sweep claims to have run. */
export const syntheticMachine: MachineRecord = {
  environment: {
    quantsweepVersion: '0.1.0',
    nodeVersion: 'v20.20.2',
    onnxruntimeVersion: '1.30.0',
    os: 'linux',
    host: 'synthetic',
    cpuModel: 'none',
    cpuFlags: 'avx2',
    cpuCores: 2,
    memoryMb: 8000,
    gpu: null,
    gpuDriver: null,
    gitCommit: null,
  },
  numericsClass: null,
  agent: null,
};

/** The model of a synthetic sweep: convolutions of equal size. */
export function syntheticModel(grid: SyntheticGrid, path: string): ModelRecord {
  const { channels } = grid;
  return {
    sha256: modelSha256(grid),
    path,
    sizeBytes: 4 * 9 * channels * channels * grid.layers,
    opset: 17,
    parameters: 9 * channels * channels * grid.layers,
    layers: layerNames(grid).map((name, position) => ({
      position,
      name,
      op: 'Conv',
      inputTensor: `input${position}`,
      outputTensor: `output${position}`,
      weightShape: [channels, channels, 3, 3],
      groups: 1,
      inputChannels: channels,
      outputChannels: channels,
      batchNorm: null,
      unsupported: null,
      weightAbsmax: Float64Array.from({ length: channels }, (_, channel) => 0.1 + (channel % 7) / 20),
      weightAbsmaxView: Float64Array.from({ length: channels }, (_, channel) => 0.2 + (channel % 5) / 20),
    })),
    graph: chainOf(layerNames(grid)),
  };
}

/** Layers one after the other. */
function chainOf(layers: readonly string[]): ModelRecord['graph'] {
  const end = (name: string, op: string) => ({ name, op, layer: null, shape: null });
  const convolutions = layers.map((name) => ({ name, op: 'Conv', layer: name, shape: null }));
  const nodes = [end('image', 'Input'), ...convolutions, end('logits', 'Output')];
  return {
    nodes,
    edges: nodes.slice(1).map((_, from) => ({ from, to: from + 1, tensor: `tensor${from}` })),
  };
}
