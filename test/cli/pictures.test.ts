import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { intsAttribute } from '../../src/onnx/node.js';
import { queryDatabase } from '../../src/store/query/query-database.js';
import { smallNetwork } from '../engine/small-network.js';
import { modelBytes, node, value, type ModelSpec } from '../onnx/build-model.js';
import { quantsweep, temporaryFolder } from './command-line.js';

const network = smallNetwork('N');

/** The same network as TensorFlow's converter writes it: channels last, then a Transpose. */
const channelsLast: ModelSpec = {
  ...network,
  nodes: [
    node('Transpose', ['x'], 't', [intsAttribute('perm', [0, 3, 1, 2])]),
    ...network.nodes.map((each) => (each.input[0] === 'x' ? { ...each, input: ['t', ...each.input.slice(1)] } : each)),
  ],
  inputs: [value('x', ['N', 6, 6, 3])],
};

const SAMPLES = 12;

async function writeFolder(): Promise<string> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'first.onnx'), modelBytes(network));
  writeFileSync(join(folder, 'last.onnx'), modelBytes(channelsLast));
  mkdirSync(join(folder, 'pictures'));
  for (let picture = 0; picture < SAMPLES; picture += 1) {
    const data = Uint8Array.from({ length: 9 * 7 * 3 }, (_, i) => (i * i * 31 + picture * 57) % 256);
    const image = sharp(data, { raw: { width: 9, height: 7, channels: 3 } });
    await image.png().toFile(join(folder, `pictures/${String(picture).padStart(2, '0')}.png`));
  }
  return folder;
}

function experiment(data: string, task = 'fidelity'): string {
  return `version: 1
name: pictures
model: { path: first.onnx }
data:
${data}
task: ${task}
loss: { samples: 4 }
gate: { samples: 2 }
grid:
  - smoothing.alpha: [0.4, 0.6]
run: { provider: cpu, slots: 2, threads: 1 }
`;
}

const pictures = (preprocess: string): string => `
  calibration: { format: imageFolder, path: pictures, letterbox: { size: model }, batchSize: 2, batches: 4 }
  evaluation: { format: imageFolder, path: pictures, letterbox: { size: model } }
  preprocess: ${preprocess}`;

const settings = 'divideBy: 255, channelOrder: reverse, mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3]';

function scores(folder: string, database: string): readonly unknown[] {
  const { rows } = queryDatabase(
    join(folder, database),
    'SELECT role, alpha, metric, value FROM v_trial ORDER BY role, alpha',
  );
  return rows;
}

describe('a sweep on pictures', () => {
  it('of a model that takes channels last gives the numbers of the one that takes them first', async () => {
    const folder = await writeFolder();
    writeFileSync(join(folder, 'a.yaml'), experiment(pictures(`{ ${settings} }`)));
    const first = await quantsweep(folder, 'run', 'a.yaml', '--db', 'first.db');
    expect([first.code, first.stderr]).toEqual([0, '']);
    const refused = await quantsweep(folder, 'plan', 'a.yaml', '--set', 'model.path=last.onnx');
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining('got one that takes them last. Set data.preprocess.feed to channelsLast.'),
    ]);
    const numbers = ['calibration', 'evaluation'].flatMap((role) => ['--set', `data.${role}.letterbox.size=[6, 6]`]);
    const unfed = await quantsweep(folder, 'plan', 'a.yaml', '--set', 'model.path=last.onnx', ...numbers);
    expect(unfed.stderr).toContain('The model takes channels last: set data.preprocess.feed to channelsLast.');
    const feed = ['--set', 'model.path=last.onnx', '--set', 'data.preprocess.feed=channelsLast'];
    const last = await quantsweep(folder, 'run', 'a.yaml', '--db', 'last.db', ...feed);
    expect([last.code, last.stderr]).toEqual([0, '']);
    expect(scores(folder, 'first.db')).toHaveLength(4);
    expect(scores(folder, 'last.db')).toEqual(scores(folder, 'first.db'));
  });

  it('decoded by a module of the user, far from any node_modules, with the sharp that quantsweep ships', async () => {
    const folder = await writeFolder();
    writeFileSync(
      join(folder, 'data.mjs'),
      `import { join } from 'node:path';
export default async ({ options, load }) => {
  const sharp = await load('sharp');
  return {
    sampleShape: [6, 6, 3],
    sampleCount: 12,
    async read(first, count) {
      const pixels = await Promise.all(Array.from({ length: count }, (_, index) =>
        sharp(join(options.folder, String(first + index).padStart(2, '0') + '.png')).resize(6, 6).raw().toBuffer()));
      return Float32Array.from(pixels.flatMap((each) => [...each]));
    },
  };
};`,
    );
    writeFileSync(
      join(folder, 'metric.mjs'),
      `export default async ({ load }) => {
  const sharp = await load('sharp');
  return { metric: 'version', evaluate: () => 1, summarize: () => (sharp.versions.sharp === undefined ? 0 : 1) };
};`,
    );
    const source = `format: module, path: data.mjs, options: { folder: ${JSON.stringify(join(folder, 'pictures'))} }`;
    const data = `
  calibration: { ${source}, batchSize: 2, batches: 4 }
  evaluation: { ${source} }
  preprocess: { layout: channelsLast, divideBy: 255 }`;
    writeFileSync(join(folder, 'a.yaml'), experiment(data, '{ kind: module, path: metric.mjs, bootstrap: 0 }'));
    const { code, stderr } = await quantsweep(folder, 'run', 'a.yaml', '--allow-code');
    expect([code, stderr]).toEqual([0, '']);
    expect(scores(folder, 'quantsweep.db')).toHaveLength(4);
    writeFileSync(join(folder, 'data.mjs'), "import sharp from 'sharp';\nexport default () => null;\n");
    const refused = await quantsweep(folder, 'plan', 'a.yaml', '--allow-code');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("Cannot find package 'sharp'")]);
    expect(refused.stderr).toContain("const sharp = await load('sharp')");
  });
});
