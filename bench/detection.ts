import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { taskSchema } from '../src/experiment/sections/task-schema.js';
import { createPrng } from '../src/statistics/prng.js';
import { drawResample } from '../src/statistics/bootstrap.js';
import { openTaskMetric } from '../src/tasks/task-metric.js';
import { toTask } from '../src/tasks/task-settings.js';
import { sayEnvironment } from './measure/environment.js';
import { clocked, interleavedRounds } from './measure/interleaved-rounds.js';
import { printRatios, ratiosOver } from './measure/ratios.js';
import { writeResult } from './measure/result-file.js';
import { bySize } from './measure/size.js';

const PICTURES = bySize({ quick: 200, part: 1000, full: 5000 });
const ROUNDS = bySize({ quick: 2, part: 2, full: 3 });
const CLASSES = 80;
const OBJECTS = 7;
const DETECTIONS = 300;
const BASE = 'evaluation without resamples';

/** A COCO-like set: 7 objects of 80 classes a picture, 300 detections of which some are right. */
function write(folder: string): Float32Array {
  const random = createPrng(1, 1);
  const uniform = (): number => random.nextUint32() / 2 ** 32;
  const annotations: object[] = [];
  const rows = new Float32Array(PICTURES * DETECTIONS * 6);
  for (let picture = 0; picture < PICTURES; picture += 1) {
    const objects = Array.from({ length: OBJECTS }, () => {
      const side = 10 + 200 * uniform() ** 2;
      return {
        label: random.nextBelow(CLASSES),
        bbox: [uniform() * 400, uniform() * 400, side, side * (0.5 + uniform())],
      };
    });
    for (const { label, bbox } of objects) {
      annotations.push({ id: annotations.length + 1, image_id: picture, category_id: label, bbox, iscrowd: 0 });
    }
    for (let row = 0; row < DETECTIONS; row += 1) {
      const near = objects[random.nextBelow(OBJECTS)]!;
      const isNear = uniform() < 0.1;
      const [x, y, w, h] = near.bbox.map((value) => value + (isNear ? 6 : 90) * (uniform() - 0.5)) as [
        number,
        number,
        number,
        number,
      ];
      const label = isNear ? near.label : random.nextBelow(CLASSES);
      rows.set([x, y, x + w, y + h, uniform() ** (isNear ? 1 : 6), label], (picture * DETECTIONS + row) * 6);
    }
  }
  const images = Array.from({ length: PICTURES }, (_, id) => ({ id, width: 640, height: 640 }));
  const categories = Array.from({ length: CLASSES }, (_, id) => ({ id, name: `class ${id}` }));
  writeFileSync(join(folder, 'truth.json'), JSON.stringify({ images, categories, annotations }));
  return rows;
}

const folder = mkdtempSync(join(tmpdir(), 'quantsweep-detection-'));
const rows = write(folder);

async function evaluate(bootstrap: number): Promise<void> {
  const settings = { kind: 'detection', truth: 'truth.json', head: { kind: 'end2end' }, confidence: 0, bootstrap };
  const task = toTask(taskSchema.parse(settings), folder);
  const context = { labels: null, groundTruth: null, referenceArgmax: null, sampleCount: PICTURES };
  const metric = await openTaskMetric(task, context);
  const output = { name: 'o', data: rows, dims: [PICTURES, DETECTIONS, 6] };
  await metric.add({ first: 0, count: PICTURES, outputs: [output], reference: null, origins: null });
  await metric.finish();
}

const environment = sayEnvironment(
  `COCO mAP of ${PICTURES} pictures, ${CLASSES} classes, ${DETECTIONS} detections a picture`,
);
const costs = await interleavedRounds(
  new Map([
    [BASE, () => clocked(() => evaluate(0))],
    ['with 400 resamples', () => clocked(() => evaluate(400))],
    [
      'drawing 400 resamples alone',
      () =>
        clocked(() => {
          const weight = new Uint16Array(PICTURES);
          for (let replicate = 0; replicate < 400; replicate += 1) drawResample(replicate, weight);
        }),
    ],
  ]),
  ROUNDS,
);
rmSync(folder, { recursive: true });
const ratios = ratiosOver(BASE, costs);
printRatios(ratios, BASE);
writeResult('detection', { environment, rounds: ROUNDS, rows: ratios });
