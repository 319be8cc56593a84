import { expect, it } from 'vitest';
import { figuresOf, sweepRecipe } from './sweep-recipe.js';

interface Figures {
  readonly meanIou: number;
  readonly pixelAccuracy: number;
}

const figures = figuresOf('segmenter') as Readonly<Record<'logits' | 'argmax', Figures>>;

it('segmenter: FP32 has the figures of the script, from logits that are enlarged to the masks', async () => {
  const { metrics, trials } = await sweepRecipe('segmenter');
  const { mIoU, pixelAccuracy } = metrics.get('fp32')!;
  // Torch interpolates in float32: a pixel where two logits are all but equal may go either way.
  expect(mIoU).toBeCloseTo(figures.logits.meanIou, 3);
  expect(pixelAccuracy).toBeCloseTo(figures.logits.pixelAccuracy, 3);
  const at = (bits: number): readonly number[] =>
    trials
      .filter(({ activationBits, role }) => activationBits === bits && role === 'candidate')
      .map(({ value }) => value);
  expect(at(8)).toHaveLength(3);
  expect(Math.max(...at(4))).toBeLessThan(Math.min(...at(8)));
});

it('segmenter: the same of labels of ArgMax, which only the nearest can enlarge', async () => {
  const { metrics } = await sweepRecipe(
    'segmenter',
    ...['--set', 'model.path=experiments/zoo/segmenter/segmenter-argmax.onnx'],
    ...['--set', 'quantization.activation.bits=8'],
  );
  const { mIoU, pixelAccuracy } = metrics.get('fp32')!;
  expect(mIoU).toBeCloseTo(figures.argmax.meanIou, 9);
  expect(pixelAccuracy).toBeCloseTo(figures.argmax.pixelAccuracy, 9);
});
