import { describe, expect, it } from 'vitest';
import { observeGraph } from '../../src/calibrate/observe-graph.js';
import { StatisticsAccumulator } from '../../src/calibrate/statistics-accumulator.js';
import type { InputStatistics } from '../../src/records/observation-record.js';
import type { OnnxModel } from '../../src/onnx/onnx-model.js';
import { prepareModel, type PreparedModel } from '../../src/quantize/prepare-layers.js';
import { qdqModel } from '../../src/quantize/graph/qdq-graph.js';
import { quantizedModel, smoothedModel } from '../../src/quantize/graph/quantized-graph.js';
import { perInputChannelAbsmax } from '../../src/smooth/weight-absmax.js';
import { readFloatTensor } from '../../src/onnx/tensor.js';
import { buildModel, layersOf, type ModelSpec } from '../onnx/build-model.js';
import { runModel, type Floats } from '../onnx/run-model.js';
import { preparation } from '../quantize/preparations.js';

/** Every number of one layer as worked out on paper. */
export interface LayerByHand {
  readonly name: string;
  /** max |x| of each input channel, `[I]`. */
  readonly activationAbsmax: readonly number[];
  /** max |W| of each input channel, `[I]`. */
  readonly weightAbsmax: readonly number[];
  /** sqrt(activationAbsmax / weightAbsmax): alpha is 0.5. */
  readonly s: readonly number[];
  /** max (activationAbsmax / s) / 7: 4 bits. */
  readonly inputScale: number;
  /** W * s by its scale, rounded half to even, in the order of the weight. */
  readonly weightIntegers: readonly number[];
  /** By output channel, or a single one per tensor. */
  readonly weightScales: readonly number[];
  /** Of the quantized model: rounded input times rounded weight, bias added. */
  readonly output: { readonly tensor: string; readonly dims: readonly number[]; readonly values: readonly number[] };
}

export interface ModelByHand {
  readonly model: ModelSpec;
  readonly x: { readonly dims: readonly number[]; readonly values: readonly number[] };
  readonly granularity?: 'channel' | 'tensor';
  readonly layers: readonly LayerByHand[];
}

/** Largest difference of a smoothed float model, relative to the largest output. */
const SMOOTHING_TOLERANCE = 1e-6;

/**
 * Checks a model quantized with 4 bits at alpha 0.5 against the numbers on paper, in real sessions.
 */
export function checkByHand(
  title: string,
  { model: spec, x: input, granularity = 'channel', layers }: ModelByHand,
): void {
  const model = buildModel(spec);
  const x: Floats = { dims: input.dims, data: Float32Array.from(input.values) };
  const prepare = async (): Promise<PreparedModel> =>
    prepareModel(model, layersOf(model), await observe(model, x), preparation(4, 0.5, granularity));

  describe(title, () => {
    it('has the activation absmax of each input channel', async () => {
      const statistics = await observe(model, x);
      const absmax = layers.map(({ name }) => [...statistics.get(name)!.absmax]);
      expect(absmax).toEqual(layers.map((layer) => layer.activationAbsmax.map(Math.fround)));
    });

    it('has the weight absmax of each input channel', () => {
      const found = layersOf(model);
      expect(found.map((layer) => layer.name)).toEqual(layers.map((layer) => layer.name));
      const absmax = found.map(({ weight, layout }) => [...perInputChannelAbsmax(readFloatTensor(weight), layout)]);
      expect(absmax).toEqual(layers.map((layer) => layer.weightAbsmax.map(Math.fround)));
    });

    it('has s = sqrt(activation absmax / weight absmax) at alpha 0.5', async () => {
      const prepared = await prepare();
      expect(prepared.layers.map(({ factors }) => [...factors.s])).toEqual(layers.map((layer) => layer.s));
    });

    it('computes the same when it is smoothed and not quantized', async () => {
      const prepared = await prepare();
      const expected = await runModel(model, { x });
      const actual = await runModel(smoothedModel(prepared.base, prepared.layers), { x });
      for (const { output } of layers) {
        const { data, dims } = expected[output.tensor]!;
        const largest = Math.max(...data.map(Math.abs));
        expect(largest).toBeGreaterThan(0);
        expect(actual[output.tensor]!.dims).toEqual(dims);
        const error = Math.max(...data.map((v, i) => Math.abs(v - actual[output.tensor]!.data[i]!)));
        expect(error / largest).toBeLessThanOrEqual(SMOOTHING_TOLERANCE);
      }
    });

    it('has the quantized weight', async () => {
      const prepared = await prepare();
      for (const [i, { weight, layer }] of prepared.layers.entries()) {
        const { weightIntegers, weightScales } = layers[i]!;
        expect(weight.quantizers.map((q) => q.scale)).toEqual(weightScales);
        expect(weight.values).toHaveLength(weightIntegers.length);
        const scales =
          weightScales.length === 1 ? weightIntegers.map(() => weightScales[0]!) : scaleOfEach(layer, weightScales);
        expect([...weight.values]).toEqual(weightIntegers.map((q, at) => q * scales[at]!));
      }
    });

    it('gives the quantized output, simulated', async () => {
      const prepared = await prepare();
      expect(prepared.layers.map(({ input: { scale } }) => scale)).toEqual(layers.map((layer) => layer.inputScale));
      await expectOutputs(quantizedModel(prepared.base, prepared.layers), x, layers);
    });

    it('gives the quantized output, exported', async () => {
      const prepared = await prepare();
      await expectOutputs(qdqModel(prepared.base, prepared.layers, {}), x, layers);
    });
  });
}

/** Statistics by layer, from the observed graph in a real session. */
async function observe(model: OnnxModel, x: Floats): Promise<ReadonlyMap<string, InputStatistics>> {
  const graph = observeGraph(model, layersOf(model), ['channel']);
  const statistics = new StatisticsAccumulator(graph.observed);
  const samples = x.dims[0]!;
  statistics.add(await runModel(graph.model, { x }), { samples, fed: samples });
  return new Map(statistics.snapshot(1, samples).inputs.map((inputs) => [inputs.layer, inputs]));
}

/**
 * The output channel's scale at each place of the weight: axis 0 of Conv and transposed Gemm, else
 * axis 1 in its group.
 */
function scaleOfEach(
  { layout, weightShape }: { readonly layout: { readonly order: string }; readonly weightShape: readonly number[] },
  scales: readonly number[],
): readonly number[] {
  const [first, second, ...kernel] = weightShape as [number, number, ...number[]];
  const kernelSize = kernel.reduce((product, dim) => product * dim, 1);
  const inputsPerGroup = first / (scales.length / second);
  return Array.from({ length: first * second * kernelSize }, (_, at) => {
    const row = Math.floor(at / (second * kernelSize));
    if (layout.order === 'outputFirst') return scales[row]!;
    const column = Math.floor(at / kernelSize) % second;
    return scales[Math.floor(row / inputsPerGroup) * second + column]!;
  });
}

async function expectOutputs(model: OnnxModel, x: Floats, layers: readonly LayerByHand[]): Promise<void> {
  const outputs = await runModel(model, { x });
  for (const { output } of layers) {
    expect(outputs[output.tensor]!.dims).toEqual(output.dims);
    expect([...outputs[output.tensor]!.data]).toEqual(output.values);
  }
}
