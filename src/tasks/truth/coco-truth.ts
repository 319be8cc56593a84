import { packObjects, type BoxTruth, type TruthObject } from './box-truth.js';
import { readCocoDocument } from './coco-document.js';
import { unexpected } from './truth-json.js';

/**
 * Boxes of a COCO file.
 *
 * @throws DatasetError as {@link readCocoDocument}, and where an annotation has no box
 */
export function readCocoTruth(text: string, path: string): BoxTruth {
  const { images, categories, annotations, notes } = readCocoDocument(text, path);
  const objects: TruthObject[][] = images.map(() => []);
  for (const { index, image, category, box, area, isCrowd } of annotations) {
    if (box === null) throw unexpected('a box [x, y, width, height]', undefined, `${path}, annotations[${index}].bbox`);
    const [x, y, width, height] = box as [number, number, number, number];
    objects[image]!.push({ class: category, box: [x, y, width, height], area: area!, isCrowd });
  }
  return {
    format: 'COCO JSON',
    path,
    classes: categories.map(({ id, name }) => ({ id, name })),
    classesAreOpen: false,
    pictures: images.map(({ id, name, size }, index) => ({ id, name, size, objects: packObjects(objects[index]!) })),
    unit: 'pixels',
    missingIsEmpty: false,
    ignoresEnding: false,
    notes,
  };
}
