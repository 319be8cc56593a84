import { fieldsOf, listAt, numbersAt, parseTruthJson, unexpected, type JsonFields } from './truth-json.js';

/** A picture of a COCO file. */
export interface CocoImage {
  readonly id: number;
  /** `file_name`, with `/`; null where the file has none. */
  readonly name: string | null;
  /** Height and width in pixels; null where the file has none. */
  readonly size: readonly [number, number] | null;
}

export interface CocoCategory {
  readonly id: number;
  readonly name: string;
  /** The names of keypoints, raw; null where the category has none. */
  readonly keypoints: readonly unknown[] | null;
}

/** An annotation of a COCO file, whose image and category are there. */
export interface CocoAnnotation {
  /** Its place in `annotations`, for messages. */
  readonly index: number;
  /** Index in `images`. */
  readonly image: number;
  /** Index in `categories`. */
  readonly category: number;
  /** x, y, width, height in pixels; null where the file has none. */
  readonly box: readonly number[] | null;
  /** In square pixels: the field `area`, else width * height; null without both. */
  readonly area: number | null;
  readonly isCrowd: boolean;
  /** x, y, v of each point; null where the file has none. */
  readonly keypoints: readonly number[] | null;
  /** The field `num_keypoints`; null where the file has none. */
  readonly keypointCount: number | null;
}

/** A COCO file of ground truth (cocodataset.org, "Data format"), in the order of the file. */
export interface CocoDocument {
  readonly path: string;
  readonly images: readonly CocoImage[];
  /** By rising id. */
  readonly categories: readonly CocoCategory[];
  readonly annotations: readonly CocoAnnotation[];
  /** What was left out, for a person. */
  readonly notes: readonly string[];
}

/**
 * Reads the text of a COCO file: `{"images": [...], "categories": [...], "annotations": [...]}`.
 * A missing `iscrowd` is 0, a missing `area` is width * height. Annotations of images or categories
 * that the file does not list are left out, as pycocotools does, and counted.
 *
 * @param path for messages
 * @throws DatasetError with the place in the document, e.g. `annotations[3].bbox`
 */
export function readCocoDocument(text: string, path: string): CocoDocument {
  const at = (place: string): string => `${path}, ${place}`;
  const root = parseTruthJson(text, path);
  if (Array.isArray(root)) {
    const advice = 'A list is what results of a detector are stored as: name the file of annotations.';
    throw unexpected('an object with images, annotations and categories', root, path, advice);
  }
  const fields = fieldsOf(root, at('the document'));
  const images = listAt(fields['images'], at('images')).map((each, index) => imageOf(each, at(`images[${index}]`)));
  const imageIndex = indexById(images, 'images', at);
  const given = listAt(fields['annotations'], at('annotations'));
  const listed =
    fields['categories'] === undefined ? categoriesIn(given) : listAt(fields['categories'], at('categories'));
  const unsorted = listed.map((each, index) => categoryOf(each, at(`categories[${index}]`)));
  indexById(unsorted, 'categories', at);
  const categories = unsorted.toSorted((a, b) => a.id - b.id);
  const categoryIndex = new Map(categories.map(({ id }, index) => [id, index]));

  const annotations: CocoAnnotation[] = [];
  let strays = 0;
  for (const [index, each] of given.entries()) {
    const place = at(`annotations[${index}]`);
    const own = fieldsOf(each, place);
    const image = imageIndex.get(idAt(own, 'image_id', place));
    const category = categoryIndex.get(idAt(own, 'category_id', place));
    if (image === undefined || category === undefined) strays += 1;
    else annotations.push({ index, image, category, ...annotationOf(own, place) });
  }
  const notes =
    strays === 0
      ? []
      : [`${strays} of ${given.length} annotations are of images or categories that are not listed: left out.`];
  return { path, images, categories, annotations, notes };
}

function imageOf(value: unknown, place: string): CocoImage {
  const fields = fieldsOf(value, place);
  const name = fields['file_name'] ?? null;
  if (name !== null && typeof name !== 'string') throw unexpected('a text', name, `${place}.file_name`);
  const [height, width] = [fields['height'] ?? null, fields['width'] ?? null];
  const isSize = (length: unknown): length is number => typeof length === 'number' && length > 0;
  if (height !== null && !isSize(height)) throw unexpected('a number above 0', height, `${place}.height`);
  if (width !== null && !isSize(width)) throw unexpected('a number above 0', width, `${place}.width`);
  return {
    id: idAt(fields, 'id', place),
    name: name === null ? null : name.replaceAll('\\', '/').replace(/^\.\//, ''),
    size: height === null || width === null ? null : [height, width],
  };
}

function categoryOf(value: unknown, place: string): CocoCategory {
  const fields = fieldsOf(value, place);
  const id = idAt(fields, 'id', place);
  const name = fields['name'] ?? String(id);
  if (typeof name !== 'string') throw unexpected('a text', name, `${place}.name`);
  const keypoints = fields['keypoints'] ?? null;
  return { id, name, keypoints: keypoints === null ? null : listAt(keypoints, `${place}.keypoints`) };
}

/** Categories as the annotations name them, for a file that lists none. */
function categoriesIn(annotations: readonly unknown[]): readonly unknown[] {
  const ids = annotations.map((each) => (each as JsonFields | null)?.['category_id']);
  return [...new Set(ids)].map((id) => ({ id }));
}

function annotationOf(fields: JsonFields, place: string): Omit<CocoAnnotation, 'index' | 'image' | 'category'> {
  const box = (fields['bbox'] ?? null) === null ? null : numbersAt(fields['bbox'], `${place}.bbox`, 4);
  const stated = fields['area'] ?? null;
  if (stated !== null && (typeof stated !== 'number' || stated < 0 || !Number.isFinite(stated))) {
    throw unexpected('an area in square pixels', stated, `${place}.area`);
  }
  const crowd = fields['iscrowd'] ?? 0;
  if (crowd !== 0 && crowd !== 1 && typeof crowd !== 'boolean') throw unexpected('0 or 1', crowd, `${place}.iscrowd`);
  const count = fields['num_keypoints'] ?? null;
  if (count !== null && typeof count !== 'number') throw unexpected('a number', count, `${place}.num_keypoints`);
  return {
    box,
    area: stated ?? (box === null ? null : box[2]! * box[3]!),
    isCrowd: crowd === true || crowd === 1,
    keypoints:
      (fields['keypoints'] ?? null) === null ? null : numbersAt(fields['keypoints'], `${place}.keypoints`, null),
    keypointCount: count,
  };
}

function idAt(fields: JsonFields, field: string, place: string): number {
  const id = fields[field];
  if (typeof id === 'number' && Number.isSafeInteger(id)) return id;
  const advice =
    typeof id === 'string' ? 'Ids are numbers in COCO files, without quotes, wherever they are used.' : undefined;
  throw unexpected('a whole number', id, `${place}.${field}`, advice);
}

function indexById(
  entries: readonly { readonly id: number }[],
  list: string,
  at: (place: string) => string,
): ReadonlyMap<number, number> {
  const byId = new Map<number, number>();
  for (const [index, { id }] of entries.entries()) {
    const other = byId.get(id);
    if (other !== undefined)
      throw unexpected(`an id of its own; ${list}[${other}] has it too`, id, at(`${list}[${index}].id`));
    byId.set(id, index);
  }
  return byId;
}
