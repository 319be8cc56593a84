import type Sharp from 'sharp';

import type { ResizeKernel } from '../preprocess/preprocess-settings.js';
import { DatasetError } from '../dataset-error.js';
import { cmykToRgb } from './cmyk-to-rgb.js';
import { openFile } from '../io/file-source.js';
import { resample, type Pixels } from '../preprocess/resample.js';

/** Of a file: 64 million are 192 MB when decoded. */
const MOST_PIXELS = 2 ** 26;
/** Of what comes out, after resizing and cropping: 16 million are 192 MB as float32. */
const MOST_SAMPLE_PIXELS = 2 ** 24;

let loading: Promise<typeof Sharp> | null = null;

/** The library is loaded with the first image: no other data needs it. */
function loadSharp(): Promise<typeof Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // Every image is decoded once a pass: a cache would only hold memory. One thread, as a child
    // works on each core.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  });
  return loading;
}

/** How an image file becomes bytes of one size. */
export interface ImageGeometry {
  /** Length of the shorter side, or `[height, width]`; null: as stored. */
  readonly resize: number | readonly [number, number] | null;
  /** Side, or `[height, width]`, cut from the centre; null: none. */
  readonly crop: number | readonly [number, number] | null;
  readonly kernel: ResizeKernel;
  /** 3: red, green, blue; 1: luminance. */
  readonly channels: 1 | 3;
}

/** Bytes `[height, width, channels]`, row-major. */
export type DecodedImage = Pixels;

/** Version of the library that decodes: pixels of two versions may differ in the last bit. */
export async function imageLibraryVersion(): Promise<string> {
  const sharp = await loadSharp();
  return `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
}

/**
 * Decodes a JPEG or PNG file to the pixels that Pillow's `Image.open(path).convert('RGB')`, or 'L',
 * gives: a colour profile is ignored, transparency is dropped, of 16 bits the upper 8 count, CMYK
 * becomes red, green and blue without a profile, an EXIF orientation is not applied. Then it is
 * resized to the shorter side (the longer one is rounded down) and cropped from the centre (half a
 * pixel goes to the even side), both as torchvision does, by Pillow's filters.
 *
 * @throws DatasetError naming the file when it is missing or damaged, or smaller than the crop
 */
export async function decodeImage(path: string, geometry: ImageGeometry): Promise<DecodedImage> {
  const { resize, kernel, channels } = geometry;
  const sharp = await loadSharp();
  checkKind(path);
  try {
    const stored = await sharp(path, { limitInputPixels: false }).metadata();
    checkPixels('an image', MOST_PIXELS, stored.height, stored.width, path);
    const [height, width] = sizeAfter(resize, stored.height, stored.width);
    const crop = cropOf(geometry.crop, height, width, path);
    const [rows, columns] = crop === null ? [height, width] : [crop.height, crop.width];
    checkPixels('an image that becomes a sample', MOST_SAMPLE_PIXELS, rows, columns, path);
    // What is cropped from an enlarged image is not enlarged whole by every filter, but may be.
    checkPixels('an image that resizing makes', MOST_PIXELS, height, width, path);
    // Training pipelines don't apply profiles.
    const file = sharp(path, { failOn: 'warning', limitInputPixels: MOST_PIXELS, ignoreIcc: true });
    const pixels = stored.space === 'cmyk' ? await decodeInks(file) : await decodePlain(file, path);
    const box = crop ?? { top: 0, left: 0, height, width };
    const wanted = channels === 1 ? luminance(pixels) : pixels;
    return resample(wanted, channels, [height, width], box, kernel);
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    const advice = 'Mend the file or take it out of the folder.';
    throw new DatasetError({ expected: 'a sound JPEG or PNG image', got, where: path, advice }, { cause });
  }
}

/** Red, green and blue, 8 bits each; grey three times. */
async function decodePlain(file: ReturnType<typeof Sharp>, path: string): Promise<DecodedImage> {
  const plain = file.removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await plain.toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { data, width: info.width, height: info.height };
  const got = `${info.channels}`;
  throw new DatasetError({ expected: 'an image that gives 3 channels', got, where: path });
}

/**
 * The same of a JPEG in CMYK. All such hold inverted numbers, as Adobe's do, whether or not they
 * say so: Pillow reads them alike.
 */
async function decodeInks(file: ReturnType<typeof Sharp>): Promise<DecodedImage> {
  const inks = file.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' });
  const { data, info } = await inks.toBuffer({ resolveWithObject: true });
  return { data: cmykToRgb(data), width: info.width, height: info.height };
}

/** As Pillow's `convert('L')`: ITU-R 601-2 luma in whole numbers of 2^-16. */
function luminance({ data, width, height }: DecodedImage): DecodedImage {
  const grey = Uint8Array.from({ length: width * height }, (_, pixel) => {
    const [red, green, blue] = [data[pixel * 3]!, data[pixel * 3 + 1]!, data[pixel * 3 + 2]!];
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
  });
  return { data: grey, width, height };
}

/**
 * The library reads many kinds, some of which (SVG, PDF) fetch files and run on for long: only two
 * are let in.
 */
function checkKind(path: string): void {
  const file = openFile(path);
  const start = new Uint8Array(Math.min(8, file.sizeBytes));
  try {
    file.read(0, start);
  } finally {
    file.close();
  }
  const hex = Buffer.from(start).toString('hex');
  if (hex === '89504e470d0a1a0a' || hex.startsWith('ffd8ff')) return;
  throw new DatasetError({
    expected: 'a JPEG or PNG image, which begins with ffd8ff or 89504e470d0a1a0a',
    got: hex === '' ? 'an empty file' : `${file.sizeBytes} bytes that begin with ${hex}`,
    where: path,
    advice: 'Convert it, or take it out of the folder.',
  });
}

function checkPixels(what: string, most: number, height: number, width: number, path: string): void {
  if (height * width <= most) return;
  throw new DatasetError({
    expected: `${what} of at most ${most} pixels`,
    got: `${height} x ${width} (height x width)`,
    where: path,
    advice: 'Make it smaller, or set resize and crop.',
  });
}

function sizeAfter(resize: ImageGeometry['resize'], height: number, width: number): readonly [number, number] {
  if (resize === null) return [height, width];
  if (typeof resize !== 'number') return resize;
  return height <= width
    ? [resize, Math.max(resize, Math.floor((resize * width) / height))]
    : [Math.max(resize, Math.floor((resize * height) / width)), resize];
}

function cropOf(crop: ImageGeometry['crop'], height: number, width: number, path: string) {
  if (crop === null) return null;
  const [rows, columns] = typeof crop === 'number' ? [crop, crop] : crop;
  if (rows > height || columns > width) {
    throw new DatasetError({
      expected: `an image of at least ${rows} x ${columns} pixels (height x width) to crop from`,
      got: `${height} x ${width}`,
      where: path,
      advice: 'Set resize so that every image is large enough.',
    });
  }
  return {
    top: roundHalfToEven((height - rows) / 2),
    left: roundHalfToEven((width - columns) / 2),
    width: columns,
    height: rows,
  };
}

/** Of a multiple of a half, as Python's `round`. */
function roundHalfToEven(value: number): number {
  return 2 * Math.round(value / 2) === value + 0.5 || Number.isInteger(value) ? Math.round(value) : Math.floor(value);
}
