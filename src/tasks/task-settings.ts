import type { JsonObject } from '../schema/json-value.js';

export type TaskSettings =
  | { readonly kind: 'classification' }
  | {
      /** Dense heatmap `[N, classes, H, W]`, scored by centre-distance mAP (nuScenes style). */
      readonly kind: 'centerDetection';
      /** Distances in cells. */
      readonly thresholds: readonly number[];
      readonly maxDetections: number;
      readonly minScore: number;
      /** Replicates of the paired bootstrap over samples that gives the interval. */
      readonly bootstrap: number;
    }
  | {
      /** Any output, without labels: the mean cosine of the output to FP32's, by sample, at least 0. */
      readonly kind: 'fidelity';
      readonly bootstrap: number;
    }
  | {
      /** A metric of the user's own, an ES module. */
      readonly kind: 'module';
      readonly path: string;
      /** Handed to the module. */
      readonly options: JsonObject;
      readonly bootstrap: number;
    }
  | {
      /** A metric by an external command: predictions in, JSON out. */
      readonly kind: 'command';
      /** Program and arguments; `{predictions}` stands for the file of the predictions. */
      readonly command: readonly string[];
      /** Where the command starts; absolute once loaded: the folder of the experiment. */
      readonly folder: string;
      /** Name of the value. */
      readonly metric: string;
      readonly higherIsBetter: boolean;
      readonly timeoutSeconds: number;
    };
