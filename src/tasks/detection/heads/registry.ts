import { batchedHead } from './batched.js';
import { boxesHead } from './boxes.js';
import { end2endHead } from './end2end.js';
import { fcosHead } from './fcos.js';
import type { Head } from './head.js';
import { nanodetHead } from './nanodet.js';
import { onnxNmsHead } from './onnx-nms.js';
import { rtdetrHead } from './rtdetr.js';
import { ssdHead } from './ssd.js';
import { yolov5Head } from './yolov5.js';
import { yolov7Head } from './yolov7.js';
import { yolov8Head } from './yolov8.js';
import { yoloxHead } from './yolox.js';
import { yunetHead } from './yunet.js';

/** Every head, by the kind that `task.head` gives it. A new one is a file, and a line here. */
export const heads = {
  yolov5: yolov5Head,
  yolov7: yolov7Head,
  yolov8: yolov8Head,
  yolox: yoloxHead,
  rtdetr: rtdetrHead,
  ssd: ssdHead,
  fcos: fcosHead,
  nanodet: nanodetHead,
  yunet: yunetHead,
  end2end: end2endHead,
  boxes: boxesHead,
  batched: batchedHead,
  onnxNms: onnxNmsHead,
} satisfies Readonly<Record<string, Head>>;

export type HeadKind = keyof typeof heads;

export const headKinds = Object.keys(heads) as readonly HeadKind[];
