import { truthOf } from '../data-facts.js';
import type { Recogniser, Seen, SeenOutput, TaskGuess } from './task-guess.js';

/** Numbers of masks that are usually left out. */
const VOID = 255;

/** Class maps, pictures and heatmaps: outputs with two axes of positions. */
export const recogniseMap: Recogniser = (seen) => {
  const maps = seen.outputs.filter((output) => isMap(output, seen));
  const [output] = maps;
  if (output === undefined) return null;
  const outputs = seen.outputs.length > 1 ? [output.name] : null;
  const found = mapOf(seen, output);
  return found === null ? null : { ...found, outputs: found.task === null ? null : outputs };
};

function isMap({ dims }: SeenOutput, { main: { size } }: Seen): boolean {
  const extent = dims.length === 3 ? dims.slice(1) : dims.length === 2 ? dims : [];
  return size !== null && extent.length === 2 && extent.every((length) => length !== null && length > 4);
}

function mapOf(seen: Seen, { name, dims, isInteger, maker }: SeenOutput): Omit<TaskGuess, 'outputs'> | null {
  const [height, width] = seen.main.size!;
  const isLast = dims.length === 3 && dims[2]! < Math.min(dims[0]!, dims[1]!);
  const channels = dims.length === 2 ? 1 : isLast ? dims[2]! : dims[0]!;
  const [rows, columns] = (isLast ? dims.slice(0, 2) : dims.slice(-2)) as [number, number];
  const scale = rows / height;
  if (Math.abs(columns / width - scale) > 0.02) return null;
  const because = `output ${name} [${dims.join(', ')}], ${scale === 1 ? 'the size of the input' : `${scale.toPrecision(3)} of the input's size`}`;
  const masks = truthOf(seen.data, 'masks');
  const pictures = truthOf(seen.data, 'pictures');
  const samples = seen.main.layout === 'channelsLast' ? seen.main.sampleShape[2] : seen.main.sampleShape[0];
  const isPicture = channels === samples && !isInteger && scale >= 1 && (channels === 1 || channels === 3);
  if (isPicture && masks === null && maker !== 'Sigmoid') {
    const task =
      pictures === null
        ? null
        : { kind: 'restoration', truth: pictures.path, ...(isLast ? { layout: 'channelsLast' } : {}) };
    return {
      ...{
        looksLike: scale === 1 ? 'a picture' : `a picture ${scale} times as large`,
        because,
        family: 'restorer',
        task,
      },
      missing: [
        ...(pictures === null
          ? ['For PSNR and SSIM put a folder with what outputs should be beside the pictures, and run init again.']
          : ['If outputs are from 0 to 255, set range: 255.']),
        ...(channels === 3 ? ['It may be a map of 3 classes: then use task segmentation with masks.'] : []),
      ],
    };
  }
  if (maker === 'Sigmoid' && channels > 1 && masks === null) {
    return {
      ...{ looksLike: `a heatmap of ${channels} classes`, because, family: 'map', task: null },
      missing: [
        'For centres of objects use task: centerDetection with data.evaluation.groundTruth; of a map of classes that may overlap there is no task.',
      ],
    };
  }
  if (isInteger || scale >= 1 / 8) {
    const kind = isInteger
      ? 'class numbers of an ArgMax'
      : channels === 1
        ? 'a foreground map'
        : `a map of ${channels} classes`;
    return { looksLike: kind, because, family: 'map', ...segmentation(masks, { channels, isInteger, maker, isLast }) };
  }
  return null;
}

function segmentation(
  masks: { readonly path: string; readonly values: readonly number[] } | null,
  { channels, isInteger, maker, isLast }: { channels: number; isInteger: boolean; maker: string; isLast: boolean },
): Pick<TaskGuess, 'task' | 'missing'> {
  if (masks === null) {
    return {
      task: null,
      missing: [
        'For mIoU put a folder of masks (.png, the index or grey is the class) beside the pictures, and run init again, or name it with --labels.',
        ...(isInteger ? [] : ['Of a heatmap of keypoints or centres the task is another.']),
      ],
    };
  }
  const counted = masks.values.filter((value) => value !== VOID);
  const isBinary = String(masks.values) === '0,255';
  const classes = isBinary ? 2 : Math.max(2, ...counted.map((value) => value + 1));
  const needsClasses = isInteger || channels === 1;
  const output = channels === 1 && !isInteger ? (maker === 'Sigmoid' ? 'foreground' : 'foregroundLogit') : null;
  return {
    task: {
      ...{ kind: 'segmentation', truth: masks.path },
      ...(needsClasses && output === null ? { classes } : {}),
      ...(isBinary ? { relabel: { '255': 1 } } : {}),
      ...(output !== null ? { output } : isLast && !isInteger ? { output: 'logitsChannelsLast' } : {}),
    },
    missing: needsClasses
      ? [`The number of classes, ${classes}, is what some masks have: correct it if others have more.`]
      : [],
  };
}
