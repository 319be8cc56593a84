import { end2endHead } from './end2end.js';
import type { Head } from './head.js';
import { yolov5Head } from './yolov5.js';
import { yolov8Head } from './yolov8.js';

/** Every head, by the kind that `task.head` gives it. A new one is a file, and a line here. */
export const heads = {
  yolov5: yolov5Head,
  yolov8: yolov8Head,
  end2end: end2endHead,
} satisfies Readonly<Record<string, Head>>;

export type HeadKind = keyof typeof heads;

export const headKinds = Object.keys(heads) as readonly HeadKind[];
