import { resolve } from 'node:path';
import { ofFirstOutput } from '../first-output.js';
import { batchMisfit, type Misfit, type OutputShape } from '../output-shape.js';
import { ofFirstShape } from '../shape-misfits.js';
import { defineTask, type FitContext } from '../task.js';
import { cosineDistance } from './cosine-distance.js';
import { createEmbedding, finishEmbedding } from './embedding.js';
import { embeddingMetrics } from './embedding-metrics.js';
import { embeddingSettings, type EmbeddingTask } from './embedding-settings.js';
import { mergeEmbeddingStates } from './embedding-state.js';
import { inspectEmbedding } from './inspect-embedding.js';

export const embeddingTask = defineTask({
  description: 'Embeddings [N, D] (faces, speakers): are pairs of samples the same? Verification accuracy as of LFW.',
  metrics: embeddingMetrics,
  settings: embeddingSettings,
  outputs: 'one',
  readsIntegers: false,
  needs: null,
  needsReference: false,
  countsSamples: false,
  isPaired: true,
  judgedAs: null,
  locate: (given, folder): EmbeddingTask => ({ ...given, truth: resolve(folder, given.truth) }),
  code: () => null,
  paths: ['truth'],
  files: [{ field: 'truth', listing: null }],
  divergence: ofFirstOutput(cosineDistance),
  misfit: ofFirstShape(embeddingMisfit),
  inspect: inspectEmbedding,
  labelMisfit: () => null,
  isChoosy: false,
  open: createEmbedding,
  merge: mergeEmbeddingStates,
  finish: finishEmbedding,
});

function embeddingMisfit(dims: OutputShape['dims'], { rows }: FitContext): Misfit | null {
  const misfit = batchMisfit('[N, D]', dims, rows);
  if (misfit !== null) return misfit;
  const rest = dims.slice(1);
  const isSingle = rest.every((length) => length === 1);
  return isSingle
    ? {
        expected: 'of shape [N, D], an embedding for each sample',
        what: ', one number for each sample',
        advice: 'Name the output of the embedding in model.output.',
      }
    : null;
}
