import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { describeContent, type ContentRequest } from '../../src/content/describe-content.js';
import type { ContentItem } from '../../src/content/content-item.js';
import { identifyResolved } from '../../src/content/identify-resolved.js';
import { replacePaths } from '../../src/content/replace-paths.js';
import { checkUnchanged } from '../../src/engine/jobs/unchanged-inputs.js';
import { JobCaches } from '../../src/engine/jobs/job-caches.js';
import { readModelFile } from '../../src/engine/session/model-file.js';
import { stampFiles } from '../../src/formats/source-files.js';
import type { DataSource } from '../../src/formats/data-source.js';
import { defineFormat } from '../../src/formats/format.js';
import { hashSource } from '../../src/formats/hash-source.js';
import { identifyInput } from '../../src/formats/input-identity.js';
import { openDataset } from '../../src/formats/open-dataset.js';
import { formatNames, formats, type FormatName } from '../../src/formats/registry.js';
import {
  ModelProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataLocation,
} from '../../src/onnx/proto/onnx_pb.js';
import { hashTask } from '../../src/tasks/hash-task.js';
import { taskKinds, tasks, type TaskKind } from '../../src/tasks/registry.js';
import { toTask, type TaskSettings } from '../../src/tasks/task-settings.js';
import { taskSchema } from '../../src/experiment/sections/task-schema.js';
import { npyArray } from '../formats/npy-bytes.js';
import { int16, wav } from '../formats/wav-bytes.js';
import { AS_STORED } from '../formats/write-files.js';
import { zip } from '../formats/zip-archive.js';
import { modelBytes, node, tensor } from '../onnx/build-model.js';
import { contentRig, sha256, type ContentRig } from './content-rig.js';

const SAMPLES = npyArray('<f4', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
const LABELS = npyArray('<i4', [2], Int32Array.of(1, 0));
const OTHER_INPUT = npyArray('<f4', [2, 1], Float32Array.of(7, 8));
const GROUND_TRUTH = JSON.stringify({ classes: ['car'], grid: [2, 2], scenes: [{ objects: [] }, { objects: [] }] });
const IDX = Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 5, 6);
const LABEL_IDX = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 0);
const MODULE = `export default () => ({ sampleShape: [1], sampleCount: 2, identity: 'two', read: (first, count) =>
  Float32Array.from({ length: count }, (_, index) => first + index) });`;

/** Writes the files of a source on any machine; the same each time it is called. */
type MakeSource = (write: ContentRig['write']) => DataSource | Promise<DataSource>;

const png = (grey: number): Promise<Buffer> =>
  sharp(Uint8Array.of(grey, grey, grey), { raw: { width: 1, height: 1, channels: 3 } })
    .png()
    .toBuffer();

/** A format without a case does not compile. */
const sources: Readonly<Record<FormatName, MakeSource>> = {
  cifar10: (write) => ({ format: 'cifar10', path: write('c/batch.bin', new Uint8Array(3073).fill(3)) }),
  npy: (write) => ({
    ...{ format: 'npy', path: write('n/val.npy', SAMPLES), labels: write('n/labels.npy', LABELS) },
    groundTruth: write('n/truth.json', GROUND_TRUTH),
    inputs: {
      phase: { path: write('n/phase.npy', OTHER_INPUT), array: null, value: null, per: 'sample' },
      flag: { path: null, array: null, value: true, per: 'run' },
    },
  }),
  npz: (write) => ({
    ...{ format: 'npz', path: write('z/all.npz', zip([{ name: 'x.npy', data: SAMPLES }])), array: 'x' },
    ...{ labelsArray: null, groundTruth: write('z/truth.json', GROUND_TRUTH) },
  }),
  idx: (write) => ({ format: 'idx', path: write('i/x-ubyte', IDX), labels: write('i/y', LABEL_IDX) }),
  npyFolder: (write) => {
    write('f/set/1.npy', npyArray('<f4', [3], Float32Array.of(1, 2, 3)));
    write('f/set/2.npy', npyArray('<f4', [3], Float32Array.of(4, 5, 6)));
    const labels = write('f/labels.csv', '1.npy,1\n2.npy,0\n');
    return { format: 'npyFolder', path: join(labels, '../set'), labels, groundTruth: write('f/t.json', GROUND_TRUTH) };
  },
  imageFolder: async (write) => {
    write('p/set/ant/1.png', await png(10));
    const image = write('p/set/cat/deep/2.png', await png(20));
    const [labels, classes] = [null, write('p/classes.txt', 'cat\nant\n')];
    const path = join(image, '../../..');
    return { format: 'imageFolder', path, labels, classes, resize: null, crop: null, kernel: 'linear', channels: 3 };
  },
  wavFolder: (write) => {
    write('w/set/no/1.wav', wav(int16(1, 2)));
    const sound = write('w/set/yes/2.wav', wav(int16(3)));
    const [labels, classes] = [null, write('w/classes.txt', 'yes\nno\n')];
    const settings = { sampleRate: null, length: 2, align: 'start', channelAxis: true } as const;
    return { format: 'wavFolder', path: join(sound, '../..'), labels, classes, ...settings };
  },
  synthetic: () => ({
    ...{ format: 'synthetic', shape: [2], distribution: 'normal', channelScales: null, seed: 1, count: 2 },
  }),
  module: (write) => ({ format: 'module', path: write('m/data.mjs', MODULE), options: { size: 2 } }),
};

type MakeTask = (write: ContentRig['write']) => TaskSettings;

const command = { metric: 'score', higherIsBetter: true, timeoutSeconds: 60 };

const scorings: Readonly<Record<TaskKind, MakeTask>> = {
  classification: () => ({ kind: 'classification' }),
  centerDetection: () => ({
    ...{ kind: 'centerDetection', thresholds: [0.5], maxDetections: 5, minScore: 0.1, bootstrap: 0 },
  }),
  detection: (write) => {
    const truth = write('d/truth.json', JSON.stringify({ images: [], annotations: [], categories: [] }));
    const priors = write('d/priors.npy', npyArray('<f4', [1, 4], Float32Array.of(0.5, 0.5, 1, 1)));
    const task = { kind: 'detection', truth, head: { kind: 'ssd', priors }, bootstrap: 0 };
    return toTask(taskSchema.parse(task), '/');
  },
  fidelity: () => ({ kind: 'fidelity', bootstrap: 0 }),
  sequence: (write) => ({
    ...{ kind: 'sequence', truth: write('q/texts.csv', '1.npy,ab\n2.npy,\n'), alphabet: null },
    ...{ alphabetFile: write('q/alphabet.txt', 'a\nb\n'), appendSpace: false, blank: 0, layout: 'NTC' },
    ...{ unicode: 'asIs', ignoreCase: false, primary: 'exact', bootstrap: 1 },
  }),
  embedding: (write) => ({
    ...{ kind: 'embedding', truth: write('v/pairs.csv', '0,1,1\n1,0,0\n'), folds: 2, distance: 'squared', far: [0.1] },
  }),
  segmentation: (write) => {
    const mask = write('s/masks/a/1.png', 'mask');
    const truth = join(mask, '../..');
    const numbering = { classes: null, ignore: [255], relabel: {}, reduceZeroLabel: false } as const;
    const reading = { output: 'auto', threshold: 0.5, resize: null, nearest: 'floor' } as const;
    const matching = { array: null, sampleSuffix: '', truthSuffix: '' } as const;
    return { kind: 'segmentation', truth, ...matching, ...numbering, ...reading, bootstrap: 0 };
  },
  keypoints: (write) => {
    const truth = write('k/person_keypoints.json', '{}');
    const reading = { points: 'heatmaps', sigmas: null, quarterOffset: true, cellOffset: 0 } as const;
    const rules = {
      ...{ confidence: 0.001, iou: 0.7, multiLabel: true, candidates: 9, maxDetections: 3 },
      ...{ candidatesPerClass: null, candidatesPerLevel: null },
    };
    return { kind: 'keypoints', truth, ...reading, input: null, fit: 'letterbox', rules, bootstrap: 1 };
  },
  restoration: (write) => {
    const truth = join(write('r/clean/1.png', 'picture'), '..');
    const matching = { array: null, sampleSuffix: '', truthSuffix: '' } as const;
    const reading = { range: 1, truthRange: null, layout: 'channelsFirst', channelOrder: 'rgb' } as const;
    const compared = { channel: 'all', round: false, crop: 0, cap: 100 } as const;
    return { kind: 'restoration', truth, ...matching, ...reading, ...compared, bootstrap: 0 };
  },
  module: (write) => ({
    kind: 'module',
    path: write('t/metric.mjs', 'export default null'),
    options: {},
    bootstrap: 0,
  }),
  command: (write) => {
    const script = write('e/tools/score.py', 'print(1)');
    const program = write('bin/run', '#!/bin/sh\n');
    chmodSync(program, 0o755);
    const words = [program, './tools/score.py', '{predictions}', '--fast'];
    return { kind: 'command', command: words, folder: join(script, '../..'), ...command };
  },
};

/** Code that a request names: what `--allow-code` of an agent has to say. */
async function codeIn({ sources: data, tasks: metrics }: ContentRequest): Promise<ReadonlySet<string>> {
  const modules = [...data, ...metrics].flatMap((each) => ('path' in each ? [sha256(readFileIfAny(each.path))] : []));
  const commands = await Promise.all(metrics.map(hashTask));
  return new Set([...modules, ...commands.filter((hash) => hash !== null)]);
}

function readFileIfAny(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    return new Uint8Array(0);
  }
}

/** What is left of a message once it was sent. */
function sent<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

async function samplesOf(source: DataSource) {
  const dataset = await openDataset(source, AS_STORED);
  const into = new Float32Array(dataset.sampleShape.reduce((a, b) => a * b, dataset.sampleCount));
  await dataset.read(0, dataset.sampleCount, into);
  const { labels, groundTruth, inputs } = dataset;
  const further = inputs?.map((input) => (input.kind === 'array' ? input.array.shape : input.value));
  dataset.close();
  return { into, labels, groundTruth, further };
}

describe.each(formatNames)('a source of format %s', (name) => {
  it.each(['in place', 'put together in the cache'])('gives the same samples elsewhere, %s', async (how) => {
    const rig = contentRig();
    const source = await sources[name](rig.write);
    const request = { models: [], sources: [source], tasks: [] };
    const { items, tokens } = await describeContent(request);
    const job = sent(replacePaths(source, tokens));
    expect(JSON.stringify([sent(items), job])).not.toContain(rig.home);

    // Scattered, every file lies under a name of its own.
    let count = 0;
    const scatter: ContentRig['give'] = (_, content) => rig.give(`scattered/${(count += 1)}.blob`, content);
    if (how === 'in place') await sources[name]((path, content) => rig.give(`moved/${path}`, content));
    else for (const file of items.flatMap(({ files }) => files)) scatter('', await bytesOf(file.sha256));
    const store = rig.store({ allowedCode: await codeIn(request) });
    const paths = await store.resolve(sent(items));
    const here = replacePaths(job, paths);

    const folder = how === 'in place' ? rig.data : rig.cache;
    expect([...paths.values()].filter((path) => !path.startsWith(folder))).toEqual([]);
    await store.admit({ models: [], sources: [here], tasks: [] });
    expect(await samplesOf(here)).toEqual(await samplesOf(source));
    expect(await hashSource(here)).toBe(await hashSource(source));

    const planned = await identifyInput(source);
    const inputs = await identifyResolved([{ ...planned, source: here }]);
    await checkUnchanged(inputs, new JobCaches());

    async function bytesOf(hash: string): Promise<Uint8Array> {
      const all: Uint8Array[] = [];
      await sources[name]((path, content) => {
        all.push(typeof content === 'string' ? Buffer.from(content) : content);
        return rig.write(path, content);
      });
      return all.find((bytes) => sha256(bytes) === hash)!;
    }
  });

  it('declares every field that holds a path', async () => {
    const rig = contentRig();
    const { inputs, ...source } = await sources[name](rig.write);
    const fields = Object.entries(source).filter(([, value]) => JSON.stringify(value ?? null).includes(rig.home));
    expect(formats[name].paths).toEqual(expect.arrayContaining(fields.map(([field]) => field)));
    expect(inputs === undefined ? [] : Object.keys(inputs)).toHaveLength(name === 'npy' ? 2 : 0);
  });
});

describe.each(taskKinds)('a task of kind %s', (kind) => {
  it('has the same code elsewhere', async () => {
    const rig = contentRig();
    const task = scorings[kind](rig.write);
    const request = { models: [], sources: [], tasks: [task] };
    const { items, tokens } = await describeContent(request);
    const job = sent(replacePaths(task, tokens));
    expect(JSON.stringify([sent(items), job])).not.toContain(rig.home);

    scorings[kind]((path, content) => rig.give(`moved/${path}`, content));
    const store = rig.store({ allowedCode: await codeIn(request) });
    const here = replacePaths(job, await store.resolve(sent(items)));
    await store.admit({ models: [], sources: [], tasks: [here] });
    expect(await hashTask(here)).toBe(await hashTask(task));
  });

  it('declares every field that holds a path', () => {
    const rig = contentRig();
    const task = scorings[kind](rig.write);
    const fields = Object.entries(task).filter(([, value]) => typeof value === 'string' && value.startsWith(rig.home));
    expect(tasks[kind].paths).toEqual(fields.map(([field]) => field));
  });
});

describe('identifyResolved', () => {
  it('refuses data that a module says are others here', async () => {
    const rig = contentRig();
    // What a module reads besides itself nobody sees but it.
    const text = `import { readFileSync } from 'node:fs';
      const identity = () => readFileSync(new URL('values.txt', import.meta.url), 'utf8');
      export default () => ({ sampleShape: [1], sampleCount: 1, identity: identity(), read: () => new Float32Array(1) });`;
    rig.write('values.txt', 'one');
    const planned = await identifyInput({ format: 'module', path: rig.write('d.mjs', text), options: {} });
    const here: DataSource = { format: 'module', path: rig.give('d.mjs', text), options: {} };
    rig.give('values.txt', 'one');
    await identifyResolved([{ ...planned, source: here }]);

    rig.give('values.txt', 'two');
    await expect(identifyResolved([{ ...planned, source: here }])).rejects.toThrow(
      'Expected data of format module to give the samples here that they give where the sweep was planned',
    );
  });
});

it('a field that a format has not does not compile as a path', () => {
  const { path, options } = formats.module.settings;
  defineFormat({
    ...formats.module,
    settings: { path, options },
    locate: (settings) => settings,
    // @ts-expect-error -- Options hold no path, and there is no file.
    paths: ['path', 'options', 'file'],
  });
});

describe('a model', () => {
  const weights = Buffer.from(Float32Array.of(1, 2).buffer);
  function withExternalData(location: string): Uint8Array {
    const proto = fromBinary(
      ModelProtoSchema,
      modelBytes({ nodes: [node('Conv', ['x', 'w'], 'y')], initializers: [tensor('w', [1, 2, 1, 1], [1, 2])] }),
    );
    const [w] = proto.graph!.initializer;
    w!.rawData = new Uint8Array(0);
    w!.dataLocation = TensorProto_DataLocation.EXTERNAL;
    w!.externalData = [create(StringStringEntryProtoSchema, { key: 'location', value: location })];
    return toBinary(ModelProtoSchema, proto);
  }
  const only = async (path: string): Promise<ContentItem> => {
    const { items } = await describeContent({ models: [path], sources: [], tasks: [] });
    expect(items).toHaveLength(1);
    return items[0]!;
  };

  it('with external data is found beside them, and is the model of the sweep', async () => {
    const rig = contentRig();
    const path = rig.write('m.onnx', withExternalData('./parts/../parts/w.bin'));
    rig.write('parts/w.bin', weights);
    const item = await only(path);
    expect(item).toMatchObject({ kind: 'model', files: [{ name: 'm.onnx' }, { name: 'parts/w.bin' }] });

    rig.give('loose/m.onnx', withExternalData('./parts/../parts/w.bin'));
    const model = rig.give('zoo/m.onnx', withExternalData('./parts/../parts/w.bin'));
    rig.give('zoo/parts/w.bin', weights);
    const found = (await rig.store().resolve([item])).get(item.token)!;
    expect(found).toBe(model);
    const identity = {
      kind: 'model',
      path: found,
      sha256: readModelFile(path).sha256,
      stamp: stampFiles([path]),
    } as const;
    await checkUnchanged(await identifyResolved([identity]), new JobCaches());
  });

  it('with external data is put together where its files are links out of its folder', async () => {
    const rig = contentRig();
    const path = rig.write('m.onnx', withExternalData('w.bin'));
    rig.write('w.bin', weights);
    const item = await only(path);
    rig.give('blobs/1', withExternalData('w.bin'));
    rig.give('blobs/2', weights);
    mkdirSync(join(rig.data, 'snapshot'));
    symlinkSync('../blobs/1', join(rig.data, 'snapshot/m.onnx'));
    symlinkSync('../blobs/2', join(rig.data, 'snapshot/w.bin'));

    const found = (await rig.store().resolve([item])).get(item.token)!;
    expect(found.startsWith(rig.cache)).toBe(true);
    expect(readModelFile(found).sha256).toBe(readModelFile(path).sha256);
  });

  it('without external data is a file', async () => {
    const rig = contentRig();
    const bytes = modelBytes({ nodes: [node('Relu', ['x'], 'y')], initializers: [] });
    expect(await only(rig.write('m.onnx', bytes))).toMatchObject({ kind: 'file', files: [{ sha256: sha256(bytes) }] });
  });

  it('that is missing or damaged is told', async () => {
    const rig = contentRig();
    await expect(only(join(rig.home, 'absent.onnx'))).rejects.toThrow('absent.onnx: Expected a readable model file');
    await expect(only(rig.write('bad.onnx', Uint8Array.of(255, 255)))).rejects.toThrow(
      'bad.onnx: Expected an ONNX model',
    );
  });

  it('whose external data lie outside its folder is refused', async () => {
    const rig = contentRig();
    rig.write('w.bin', weights);
    const path = rig.write('zoo/m.onnx', withExternalData('../w.bin'));
    await expect(only(path)).rejects.toThrow('"../w.bin"');
  });
});

describe('describeContent', () => {
  it('describes what several paths lead to once, and is told of what it reads', async () => {
    const rig = contentRig();
    const [a, b] = [rig.write('one/x.npy', 'same'), rig.write('two/x.npy', 'same')];
    const read: string[] = [];
    const request = {
      ...{ models: [], tasks: [] },
      sources: [a, b, a].map((path) => ({ format: 'npy', path, labels: null, groundTruth: null }) as const),
    };
    const { items, tokens } = await describeContent(request, (path) => read.push(path));
    expect(items).toHaveLength(1);
    expect(tokens.get(a)).toBe(tokens.get(b));
    expect(read).toEqual([a, b]);

    // Once a process.
    await describeContent(request, (path) => read.push(path));
    expect(read).toEqual([a, b]);
  });

  it('makes one item of a folder that is read in several ways', async () => {
    const rig = contentRig();
    rig.write('all/1.png', 'an image');
    rig.write('all/2.npy', 'an array');
    const task = {
      kind: 'command',
      command: ['python3', '3.py'],
      folder: join(rig.write('all/3.py', ''), '..'),
      ...command,
    };
    const path = join(rig.home, 'all');
    const { items, tokens } = await describeContent({
      models: [],
      sources: [
        { format: 'npyFolder', path, labels: null, groundTruth: null },
        { format: 'imageFolder', path, labels: null, resize: null, crop: null, kernel: 'linear', channels: 3 },
      ],
      tasks: [task as TaskSettings],
    });
    expect(tokens.size).toBe(1);
    expect(items).toMatchObject([{ kind: 'command', files: [{ name: '1.png' }, { name: '2.npy' }, { name: '3.py' }] }]);
  });

  it('refuses a command that names a file beside its folder, and says what to do', async () => {
    const rig = contentRig();
    rig.write('tools/score.py', '');
    const folder = join(rig.write('exp/x.yaml', ''), '..');
    const task = { kind: 'command', command: ['../tools/score.py', '{predictions}'], folder, ...command } as const;
    await expect(describeContent({ models: [], sources: [], tasks: [task] })).rejects.toThrow(
      `to name files inside ${folder}, got "../tools/score.py". Move the file there, or write its absolute path.`,
    );
  });

  it('refuses names that other machines can not have', async () => {
    const rig = contentRig();
    const path = rig.write('aux.npy', '');
    const source = { format: 'npy', path, labels: null, groundTruth: null } as const;
    await expect(describeContent({ models: [], sources: [source], tasks: [] })).rejects.toThrow(
      `got "aux.npy" in ${rig.home}, which has the name of a device on Windows. Rename it`,
    );
  });
});
