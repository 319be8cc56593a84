import type { WeightLayout } from '../src/onnx/layers/weight-layout.js';
import { quantizeBy } from '../src/quantize/rounding/weight-rounding.js';
import { momentBlocks, type LayerMoments } from '../src/records/moments-record.js';
import type { WeightQuantizerSettings } from '../src/experiment/sections/settings.js';
import { createPrng } from '../src/statistics/prng.js';
import { sayEnvironment } from './measure/environment.js';
import { inWords } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';

interface Subject {
  readonly name: string;
  readonly layers: readonly { readonly layout: WeightLayout; readonly blockColumns: number }[];
}

const conv = (inputs: number, outputs: number, kernelSize: number, blockColumns = inputs * kernelSize) => ({
  layout: { order: 'outputFirst', groups: 1, inputsPerGroup: inputs, outputsPerGroup: outputs, kernelSize } as const,
  blockColumns,
});

/** The layers of ResNet-20 for CIFAR-10, so many times as wide. */
function resnet20(width: number): Subject {
  const [a, b, c] = [16 * width, 32 * width, 64 * width] as const;
  const stage = (first: number, channels: number) => [
    conv(first, channels, 9),
    ...Array.from({ length: 5 }, () => conv(channels, channels, 9)),
  ];
  return {
    name: `ResNet-20, ${width === 1 ? 'as it is' : `${width} times as wide`}`,
    layers: [conv(3, a, 9), ...stage(a, a), ...stage(a, b), ...stage(b, c), conv(c, 10, 1)],
  };
}

const depthwise: Subject = {
  name: 'depthwise 3x3 of 1,024 channels',
  layers: [
    {
      layout: { order: 'outputFirst', groups: 1024, inputsPerGroup: 1, outputsPerGroup: 1, kernelSize: 9 },
      blockColumns: 9,
    },
  ],
};

const subjects: readonly Subject[] = [
  depthwise,
  ...bySize({ quick: [1], part: [1, 2], full: [1, 2, 4] }).map(resnet20),
  ...bySize({ quick: [], part: [], full: [2304, 4608] }).map((blockColumns) => ({
    name: `3x3, 512 channels to 2,048 (4,608 columns), blocks of ${blockColumns}`,
    layers: [conv(512, 2048, 9, blockColumns)],
  })),
];

/** Moments of inputs that depend on their neighbours, of one column in eight ten times as large. */
function momentsOf(layout: WeightLayout, blockColumns: number): LayerMoments {
  const { groups, inputsPerGroup, kernelSize } = layout;
  const columns = inputsPerGroup * kernelSize;
  const sizeOf = (column: number): number => (column % 8 === 0 ? 10 : 1 + (column % 3));
  const blocks = momentBlocks({ groups, columns, blockColumns });
  const numbers = blocks.reduce((sum, block) => sum + (block.columns * (block.columns + 1)) / 2, 0);
  const products = new Float64Array(numbers);
  for (const { first, columns: own, offset } of blocks) {
    let at = offset;
    for (let i = 0; i < own; i++) {
      for (let j = 0; j <= i; j++) products[at++] = 0.95 ** (i - j) * sizeOf(first + i) * sizeOf(first + j);
    }
  }
  return {
    ...{ layer: 'layer', groups, columns, blockColumns, products },
    means: new Float64Array(groups * columns),
    nonZeroShares: new Float64Array(groups * inputsPerGroup).fill(1),
  };
}

function settings(own: Partial<WeightQuantizerSettings>): WeightQuantizerSettings {
  return { bits: 3, granularity: 'channel', calibrator: 'max', scheme: 'signed', narrowRange: false, ...own };
}

const ways = {
  nearest: settings({}),
  gptq: settings({ rounding: 'gptq' }),
  'gptq-descent': settings({ rounding: 'gptq-descent' }),
  'hessian ranges, nearest': settings({ calibrator: 'hessian' }),
} as const;

const environment = sayEnvironment('rounding of weights by second moments, 3 bits, one core');
const rows: object[] = [];
for (const { name, layers } of subjects) {
  const random = createPrng(1);
  const prepared = layers.map(({ layout, blockColumns }) => {
    const numbers = layout.groups * layout.outputsPerGroup * layout.inputsPerGroup * layout.kernelSize;
    const weight = Float32Array.from({ length: numbers }, () => random.nextUint32() / 2 ** 31 - 1);
    const s = new Float32Array(layout.groups * layout.inputsPerGroup).fill(1);
    return { layout, weight, view: { moments: momentsOf(layout, blockColumns), s, centered: false } };
  });
  console.log(`\n${name}`);
  for (const [way, own] of Object.entries(ways)) {
    const start = performance.now();
    for (const { layout, weight, view } of prepared) quantizeBy({ layout, settings: own, view }, weight, null);
    const ms = performance.now() - start;
    rows.push({ subject: name, way, ms });
    console.log(`  ${way.padEnd(24)} ${inWords(ms).padStart(9)}`);
  }
}
writeResult('rounding', { environment, rows });
