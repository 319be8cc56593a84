import { describe, expect, it } from 'vitest';
import { literalFigures, type LiteralInput } from './literal-coco.js';
import { randomScenes, type SceneChoice } from './random-scenes.js';
import { detectionTask, inFolder, rowsOf, score, valuesOf, writeCoco } from './score-boxes.js';

const head = { kind: 'end2end', code: 'xywh' };
const raw = { head, confidence: 0, nms: { maxDetections: 100_000, candidates: 100_000 }, bootstrap: 0 };

async function figuresOf(input: LiteralInput): Promise<Readonly<Record<string, number>>> {
  return inFolder(async (folder) => {
    writeCoco(folder, input);
    const { accuracies } = await score(detectionTask(folder, raw), [rowsOf(input)]);
    const { pictureF1: _, ...figures } = valuesOf(accuracies);
    return figures;
  });
}

function expectClose(
  own: Readonly<Record<string, number>>,
  literal: Readonly<Record<string, number>>,
  what: string,
): void {
  expect(Object.keys(own).sort(), what).toEqual(Object.keys(literal).sort());
  for (const [name, value] of Object.entries(literal)) {
    expect(Math.abs(own[name]! - value), `${what}, ${name}: ${own[name]!} and ${value}`).toBeLessThan(1e-12);
  }
}

describe('COCO figures', () => {
  const kinds: readonly (readonly [string, number, SceneChoice])[] = [
    ['a few pictures', 400, { pictures: 5, categories: 3, objects: 5, detections: 8 }],
    ['one picture and class', 300, { pictures: 1, categories: 1, objects: 4, detections: 6 }],
    ['more than a hundred detections', 6, { pictures: 3, categories: 2, objects: 30, detections: 400 }],
    ['many pictures', 10, { pictures: 40, categories: 5, objects: 10, detections: 12 }],
  ];
  it.each(kinds)('are those of a literal evaluation: %s', async (_, count, choice) => {
    let compared = 0;
    for (let seed = 1; seed <= count; seed += 1) {
      const input = randomScenes(seed * 31 + choice.pictures, choice);
      const literal = literalFigures(input);
      expectClose(await figuresOf(input), literal, `seed ${seed}`);
      if (literal['mAP'] !== undefined && literal['mAP'] > 0 && literal['mAP'] < 1) compared += 1;
    }
    expect(compared).toBeGreaterThan(count / 4);
  });
});
