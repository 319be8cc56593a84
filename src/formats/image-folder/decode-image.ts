import type Sharp from 'sharp';

import { DatasetError } from '../dataset-error.js';
import { openFile } from '../io/file-source.js';
import { loadSharp } from '../io/load-sharp.js';
import { resampleOpenCv } from '../preprocess/resample-opencv.js';
import { resample, type Pixels } from '../preprocess/resample.js';
import { cmykToRgb } from './cmyk-to-rgb.js';
import type { ImageGeometry } from './image-geometry.js';
import { layOutImage, type Canvas, type ImageLayout } from './image-layout.js';
import { isOnItsSide, turnUpright } from './turn-upright.js';

/** Of a file: 64 million are 192 MB when decoded. */
const MOST_PIXELS = 2 ** 26;
/** Of what comes out, after resizing and cropping: 16 million are 192 MB as float32. */
const MOST_SAMPLE_PIXELS = 2 ** 24;

/** Bytes `[height, width, channels]`, row-major, of a sample. */
export interface DecodedImage extends Pixels {
  /** Height and width of the whole picture, upright where `orientation` is heeded. */
  readonly picture: readonly [number, number];
}

/** Version of the library that decodes: pixels of two versions may differ in the last bit. */
export async function imageLibraryVersion(): Promise<string> {
  const sharp = await loadSharp();
  return `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
}

/**
 * Decodes a JPEG or PNG file to the pixels that Pillow's `Image.open(path).convert('RGB')`, or 'L',
 * gives: a colour profile is ignored, transparency is dropped, of 16 bits the upper 8 count, CMYK
 * becomes red, green and blue without a profile. With `orientation: exif` the picture is turned
 * upright. Then it is laid out as {@link layOutImage} says: resized to the shorter side (the longer
 * one is rounded down) and cropped from the centre (half a pixel goes to the even side), both as
 * torchvision does, by Pillow's filters or OpenCV's; or letterboxed.
 *
 * @throws DatasetError naming the file when it is missing or damaged, or smaller than the crop
 */
export async function decodeImage(path: string, geometry: ImageGeometry): Promise<DecodedImage> {
  const { channels } = geometry;
  const sharp = await loadSharp();
  checkKind(path);
  return inImage(path, async () => {
    const stored = await readHeader(sharp, path, geometry);
    const layout = layOutImage(geometry, stored.size, path);
    checkLayout(layout, path);
    // Training pipelines don't apply profiles.
    const file = sharp(path, { failOn: 'warning', limitInputPixels: MOST_PIXELS, ignoreIcc: true });
    const pixels = stored.isCmyk ? await decodeInks(file) : await decodePlain(file, path);
    const upright = turnUpright(channels === 1 ? luminance(pixels) : pixels, channels, stored.orientation);
    const { resized, box, canvas } = layout;
    const kept =
      geometry.kernel === 'opencvLinear'
        ? resampleOpenCv(upright, channels, resized, box)
        : resample(upright, channels, resized, box, geometry.kernel);
    return { ...(canvas === null ? kept : putOnCanvas(kept, channels, canvas)), picture: stored.size };
  });
}

/** A picture as its file's header tells. */
export interface ImageHeader {
  /** Height and width; of the upright picture where `orientation` is to be heeded. */
  readonly size: readonly [number, number];
  /** EXIF's, where it is to be heeded and the file has one. */
  readonly orientation: number | undefined;
  readonly isCmyk: boolean;
}

/**
 * What a file's header says; no pixel is decoded.
 *
 * @throws DatasetError naming the file when it is missing or no JPEG or PNG
 */
export async function readImageHeader(path: string, geometry: ImageGeometry): Promise<ImageHeader> {
  const sharp = await loadSharp();
  checkKind(path);
  return inImage(path, () => readHeader(sharp, path, geometry));
}

async function readHeader(sharp: typeof Sharp, path: string, geometry: ImageGeometry): Promise<ImageHeader> {
  const { height, width, space, orientation: exif } = await sharp(path, { limitInputPixels: false }).metadata();
  checkPixels('an image', MOST_PIXELS, height, width, path);
  const orientation = geometry.orientation === 'exif' ? exif : undefined;
  const size = isOnItsSide(orientation) ? ([width, height] as const) : ([height, width] as const);
  return { size, orientation, isCmyk: space === 'cmyk' };
}

async function inImage<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    const advice = 'Mend the file or take it out of the folder.';
    throw new DatasetError({ expected: 'a sound JPEG or PNG image', got, where: path, advice }, { cause });
  }
}

function checkLayout({ resized, box, canvas }: ImageLayout, path: string): void {
  const { height, width } = canvas ?? box;
  checkPixels('an image that becomes a sample', MOST_SAMPLE_PIXELS, height, width, path);
  // What is cropped from an enlarged image is not enlarged whole by every filter, but may be.
  checkPixels('an image that resizing makes', MOST_PIXELS, resized[0], resized[1], path);
}

function putOnCanvas(part: Pixels, channels: number, { height, width, top, left, value }: Canvas): Pixels {
  const data = new Uint8Array(height * width * channels).fill(value);
  const rowBytes = part.width * channels;
  for (let row = 0; row < part.height; row += 1) {
    const to = ((top + row) * width + left) * channels;
    data.set(part.data.subarray(row * rowBytes, (row + 1) * rowBytes), to);
  }
  return { data, height, width };
}

/** Red, green and blue, 8 bits each; grey three times. */
async function decodePlain(file: ReturnType<typeof Sharp>, path: string): Promise<Pixels> {
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
async function decodeInks(file: ReturnType<typeof Sharp>): Promise<Pixels> {
  const inks = file.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' });
  const { data, info } = await inks.toBuffer({ resolveWithObject: true });
  return { data: cmykToRgb(data), width: info.width, height: info.height };
}

/** As Pillow's `convert('L')`: ITU-R 601-2 luma in whole numbers of 2^-16. */
function luminance({ data, width, height }: Pixels): Pixels {
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
