import { describe, expect, it } from 'vitest';
import { requireCodeConsent } from '../../src/prepare/code-consent.js';
import { loadText, withBase } from '../experiment/load-text.js';

const plain = withBase('grid: { smoothing.alpha: 0.5 }\n');
const dataset = plain.replace('format: cifar10, path: c.bin', 'format: module, path: c.mjs');
const metric = plain.replace('task: classification', 'task: { kind: module, path: m.mjs }');
const command = plain.replace(
  'task: classification',
  "task: { kind: command, command: [rm, '{predictions}'], metric: x }",
);

const device = `${plain}measure: { command: { run: [bench, '{model}'], name: phone } }\n`;

function refusal(text: string, use: 'plan' | 'run', allowed = false): string | null {
  try {
    requireCodeConsent(loadText(text), use, allowed);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('code that an experiment names', () => {
  it.each([
    ['a dataset', dataset, 'dataset /exp/c.mjs'],
    ['a metric', metric, 'metric /exp/m.mjs'],
    ['a command', command, 'metric command rm {predictions}'],
    ['a device command', device, 'device command bench {model}'],
  ])('is not run without consent: %s', (_, text, code) => {
    expect(refusal(text, 'run')).toBe(
      `/exp/a.yaml names code to run: ${code}. Read the code, and pass --allow-code if you trust it.`,
    );
    expect(refusal(text, 'run', true)).toBeNull();
  });

  it('needs consent to plan only where planning runs it', () => {
    expect(refusal(dataset, 'plan')).toContain('dataset /exp/c.mjs');
    expect(refusal(metric, 'plan')).toBeNull();
    expect(refusal(command, 'plan')).toBeNull();
    expect(refusal(device, 'plan')).toBeNull();
  });

  it('is not there in other experiments', () => {
    expect(refusal(plain, 'run')).toBeNull();
  });
});
