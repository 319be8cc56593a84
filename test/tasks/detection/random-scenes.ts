import { createPrng } from '../../../src/statistics/prng.js';
import type { LiteralDetection, LiteralInput, LiteralObject } from './literal-coco.js';

/** What makes one kind of case out of another. */
export interface SceneChoice {
  readonly pictures: number;
  readonly categories: number;
  readonly objects: number;
  readonly detections: number;
}

/**
 * Scenes that hold what is easily got wrong: crowds, equal scores and equal overlaps, areas of
 * exactly 32^2 and 96^2, areas that are not width * height, degenerate boxes, pictures without
 * objects or detections, ids that do not rise.
 */
export function randomScenes(seed: number, choice: SceneChoice): LiteralInput {
  const random = createPrng(seed, 0);
  const images = Array.from(
    { length: choice.pictures },
    (_, index) => ((index * 7) % choice.pictures) * 3 + (seed % 2),
  );
  const categories = Array.from({ length: choice.categories }, (_, index) => index + 1 + Math.floor(index / 2));
  const pick = <T>(values: readonly T[]): T => values[random.nextBelow(values.length)]!;
  const box = (): [number, number, number, number] => {
    const side = pick([8, 16, 31, 32, 33, 64, 95, 96, 97, 150]);
    const height = random.nextBelow(3) === 0 ? side : pick([4, 8, 16, 32, 96, 128]);
    return [pick([0, 1, 2, 8, 10.5, 40]), pick([0, 1, 2, 8, 10.5, 40]), side, height];
  };
  const objects: LiteralObject[] = [];
  const detections: LiteralDetection[] = [];
  for (const image of images) {
    const isEmpty = random.nextBelow(6) === 0;
    const own: LiteralObject[] = [];
    for (let index = 0; index < (isEmpty ? 0 : random.nextBelow(choice.objects + 1)); index += 1) {
      const kind = random.nextBelow(10);
      const copied = own.length > 0 && kind === 0 ? own[own.length - 1]!.bbox : box();
      const bbox: LiteralObject['bbox'] = kind === 1 ? [copied[0], copied[1], 0, copied[3]] : copied;
      const object: LiteralObject = { image, category: pick(categories), bbox };
      own.push({
        ...object,
        ...(random.nextBelow(4) === 0 ? { area: pick([0, 1023.5, 1024, 1025, 9215, 9216, 9217]) } : {}),
        ...(random.nextBelow(6) === 0 ? { iscrowd: 1 } : {}),
      });
    }
    objects.push(...own);
    for (let index = 0; index < random.nextBelow(choice.detections + 1); index += 1) {
      const near = own.length > 0 && random.nextBelow(4) !== 0 ? pick(own) : null;
      const base = near === null ? box() : near.bbox;
      const shift = (): number => pick([0, 0, 0, 0.5, 1, 2, 4, -3]);
      const bbox: LiteralDetection['bbox'] = [
        base[0] + shift(),
        base[1] + shift(),
        Math.max(0, base[2] + shift()),
        Math.max(0, base[3] + shift()),
      ];
      const category = near !== null && random.nextBelow(8) !== 0 ? near.category : pick(categories);
      detections.push({
        image,
        category,
        bbox,
        score: pick([0.1, 0.25, 0.5, 0.5, 0.75, 0.9, Math.fround(random.nextUint32() / 2 ** 32)]),
      });
    }
  }
  return { images, categories, objects, detections };
}
