import { isPaddle } from '../main-input.js';
import type { PreprocessGuess, PreprocessSeen } from './preprocess-guess.js';

const IMAGENET = { divideBy: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const IMAGENET_TEXT = 'divideBy: 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]';
const PLAIN_TEXT = 'divideBy: 255 alone';
const CHECK =
  'The FP32 figure of the first run must be the one that you know of this model; if it is not, this is wrong.';

/**
 * How pictures are prepared, by the family of the model and by what its graph does to its input
 * itself. Only one of many conventions can be guessed: the others are named.
 */
export function guessPreprocess(seen: PreprocessSeen): PreprocessGuess {
  const guess = ofPixels(seen);
  const isLast = seen.main.layout === 'channelsLast' && (seen.data === null || isPictures(seen));
  const isColour = channelsOf(seen) === 3;
  return {
    ...guess,
    settings: isColour ? withFeed(guess.settings, isLast) : withFeed(inGrey(guess.settings), isLast),
  };
}

function isPictures({ data }: PreprocessSeen): boolean {
  return data?.evaluation.format === 'imageFolder';
}

function channelsOf({ main: { layout, sampleShape } }: PreprocessSeen): number {
  return (layout === 'channelsLast' ? sampleShape[2] : sampleShape[0]) ?? 0;
}

function withFeed(settings: PreprocessGuess['settings'], isLast: boolean): PreprocessGuess['settings'] {
  return isLast ? { feed: 'channelsLast', ...settings } : settings;
}

/** One channel has one mean, and no order. */
function inGrey(settings: PreprocessGuess['settings']): PreprocessGuess['settings'] {
  const { mean, std, channelOrder: _, ...rest } = settings;
  const isEven = (list: unknown): boolean => Array.isArray(list) && list.every((each) => each === list[0]);
  if (!isEven(mean) || !isEven(std)) return rest;
  return { ...rest, mean: [(mean as number[])[0]!], std: [(std as number[])[0]!] };
}

function ofPixels(seen: PreprocessSeen): PreprocessGuess {
  const { main, data, family } = seen;
  const nothing = (because: string, alternatives: readonly string[] = []): PreprocessGuess => ({
    ...{ settings: {}, because, alternatives },
    geometry: geometryOf(seen),
  });
  if (data === null) return nothing('random samples stand for prepared ones');
  if (main.layout === 'none') return nothing('the input is no picture');
  if (!data.evaluation.isBytes) return nothing('stored numbers are floats, taken as prepared');
  const input = seen.facts.inputs.find(({ name }) => name === main.name);
  if (/int|bool/.test(main.type)) return nothing(`the input takes ${main.type}`);
  if (input?.firstOperators.some((op) => /^(Sub|Div|Mul|Add|BatchNormalization|Cast)$/.test(op)) === true) {
    const before = input.firstOperators.join(', ');
    return nothing(`the graph prepares its input itself (${before})`, [
      `If it does not: ${PLAIN_TEXT}, or ${IMAGENET_TEXT}.`,
    ]);
  }
  const own = ofFamily(seen);
  return { ...own, geometry: geometryOf(seen), alternatives: [...own.alternatives, CHECK] };

  function ofFamily({ facts }: PreprocessSeen): Omit<PreprocessGuess, 'geometry'> {
    if (family === 'ultralytics') {
      const alternatives = ['YOLOX takes BGR without division: channelOrder: reverse.'];
      return { settings: { divideBy: 255 }, because: 'as ultralytics: RGB, /255', alternatives };
    }
    if (family === 'yolox' || family === 'yunet') {
      return { settings: { channelOrder: 'reverse' }, because: `as ${family}: BGR, 0 to 255`, alternatives: [] };
    }
    if (family === 'ultraface') {
      const settings = { mean: [127, 127, 127], std: [128, 128, 128] };
      return { settings, because: 'as UltraFace: (x - 127) / 128', alternatives: [] };
    }
    if (isPaddle(facts) || family === 'paddle') {
      return {
        settings: { channelOrder: 'reverse', divideBy: 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
        because: 'as PaddleOCR (recognition, angle): BGR, (x / 255 - 0.5) / 0.5',
        alternatives: [`Detection of PaddleOCR: ${IMAGENET_TEXT}.`],
      };
    }
    if (main.layout === 'channelsLast') {
      return {
        settings: { divideBy: 127.5, mean: [1, 1, 1], std: [1, 1, 1] },
        because: 'channels last, as Keras: x / 127.5 - 1',
        alternatives: [
          `Others of Keras: ${PLAIN_TEXT}; ${IMAGENET_TEXT}; or BGR with mean: [103.939, 116.779, 123.68].`,
        ],
      };
    }
    if (family === 'restorer' || channelsOf(seen) !== 3) {
      return {
        settings: { divideBy: 255 },
        because: '0 to 1',
        alternatives: ['Without division: leave divideBy out.'],
      };
    }
    return {
      settings: IMAGENET,
      because: 'as torchvision: ImageNet mean and deviation',
      alternatives: [
        `Others: ${PLAIN_TEXT}; mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] besides divideBy: 255; or the mean and deviation of the training data.`,
      ],
    };
  }
}

/** How pictures of any size come to the size of the input. */
function geometryOf({ main: { size, layout }, family, data }: PreprocessSeen): PreprocessGuess['geometry'] {
  if (data?.evaluation.format !== 'imageFolder' || size === null || layout === 'none') return {};
  const [height, width] = size;
  if (family === 'ultralytics') return { letterbox: { size: [height, width] } };
  if (family === 'yolox') return { letterbox: { size: [height, width], align: 'topLeft', rounding: 'truncate' } };
  // ImageNet's classifiers: 256 for the shorter side, of which 224 are used.
  const isCropped = family === 'classifier' && height === width && height >= 96;
  return isCropped ? { resize: Math.round((height * 256) / 224), crop: height } : { resize: [height, width] };
}
