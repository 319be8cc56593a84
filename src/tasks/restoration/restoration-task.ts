import { ofFirstOutput } from '../first-output.js';
import { batchMisfit } from '../output-shape.js';
import { relativeSquaredError } from '../relative-squared-error.js';
import { defineTask } from '../task.js';
import { inspectPictures } from './inspect-pictures.js';
import { pictureForm } from './picture-form.js';
import { IMAGE_DEPTH, IMAGE_EXTENSIONS } from './picture-truth.js';
import { createRestoration, finishRestoration } from './restoration.js';
import { locateRestoration, restorationSettings } from './restoration-settings.js';
import { mergeRestorationStates } from './restoration-state.js';

export const restorationTask = defineTask({
  description: 'A picture, scored by PSNR and SSIM with the picture that it should be.',
  metrics: {
    psnr: {
      title: 'PSNR',
      definition:
        'Mean over pictures of 10 log10(R^2 / MSE), R the range of the numbers, at most task.cap of each picture.',
      ...{ unit: 'dB', better: 'higher' },
    },
    ssim: {
      title: 'SSIM',
      definition:
        'Mean over pictures of the structural similarity of Wang et al. 2004: Gaussian window of 11 x 11, sigma 1.5, inside the picture, mean over channels.',
      ...{ unit: 'number', better: 'higher' },
    },
    capped: {
      title: 'pictures at the cap',
      definition: 'Number of pictures whose PSNR is task.cap: identical ones, whose PSNR is infinite, and nearly so.',
      ...{ unit: 'number', better: 'higher' },
    },
  },
  settings: restorationSettings,
  outputs: 'one',
  readsIntegers: true,
  needs: null,
  needsReference: false,
  countsSamples: false,
  judgedAs: null,
  locate: locateRestoration,
  code: () => null,
  paths: ['truth'],
  files: [{ field: 'truth', listing: { extensions: IMAGE_EXTENSIONS, depth: IMAGE_DEPTH } }],
  divergence: ofFirstOutput(relativeSquaredError),
  misfit: (task, [output], { rows }) => {
    const form = pictureForm(task, output!.dims);
    return 'misfit' in form ? form.misfit : batchMisfit('[N, C, H, W]', output!.dims, rows);
  },
  inspect: inspectPictures,
  labelMisfit: () => null,
  isChoosy: true,
  open: createRestoration,
  merge: mergeRestorationStates,
  finish: finishRestoration,
});
