import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { quantsweep, temporaryFolder } from '../cli/command-line.js';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const model = at('../shared/models/public/ultraface-rfb-320.onnx');
if (!existsSync(model)) console.log(`Skipped: the recipe for UltraFace, as ${model} is not here.`);

interface Parts {
  readonly data: { readonly evaluation: object };
  readonly task: object;
}

it.skipIf(!existsSync(model))('plans UltraFace with the parts that docs/MODELS.md has for face detectors', async () => {
  const page = readFileSync(at('docs/MODELS.md'), 'utf8');
  const parts = parse(/^## Face detector\n[\s\S]*?^```yaml\n([\s\S]*?)^```$/m.exec(page)![1]!) as Parts;
  const folder = temporaryFolder();
  const truth = join(folder, 'faces.json');
  // Faces are not what is drawn there: only names and sizes count for a plan.
  const { images, annotations } = JSON.parse(readFileSync(at('experiments/zoo/detector/instances.json'), 'utf8')) as {
    readonly images: readonly object[];
    readonly annotations: readonly object[];
  };
  writeFileSync(
    truth,
    JSON.stringify({
      images,
      annotations: annotations.map((each) => ({ ...each, category_id: 1 })),
      categories: [{ id: 1, name: 'face' }],
    }),
  );
  const pictures = { ...parts.data.evaluation, path: at('experiments/zoo/detector/evaluation') };
  const experiment = {
    model: { path: model },
    data: { ...parts.data, calibration: { ...pictures, batches: 2 }, evaluation: pictures },
    task: { ...parts.task, truth },
    grid: [{ 'smoothing.alpha': 0.5 }],
  };
  writeFileSync(join(folder, 'faces.yaml'), stringify(experiment));
  const { code, stdout, stderr } = await quantsweep(folder, 'plan', 'faces.yaml');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('52 of 52 layers are quantized');
  expect(stdout).toContain('0 face');
});
