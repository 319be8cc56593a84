import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { measureSchema } from '../../src/experiment/sections/measure.js';
import { readDeviceAnswer } from '../../src/speed/device-answer.js';
import { filledWords } from '../../src/speed/measure-by-command.js';
import { runCommand } from '../../src/tasks/command/run-command.js';

const page = readFileSync(new URL('../../docs/LATENCY.md', import.meta.url), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```/gms)].filter(([, own]) => own === language).map(([, , text]) => text!);

describe('docs/LATENCY.md', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quantsweep-phone-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has settings that are valid', () => {
    const settings = blocks('yaml').flatMap((text) => (parse(text) as { measure?: unknown }).measure ?? []);
    expect(settings).toHaveLength(2);
    for (const each of settings) expect(measureSchema.safeParse(each).error).toBeUndefined();
  });

  it('has a command that answers as it says', async () => {
    const { command } = measureSchema.parse(
      blocks('yaml')
        .map((text) => parse(text) as { measure?: { command?: unknown } })
        .find(({ measure }) => measure?.command !== undefined)!.measure,
    );
    writeFileSync(join(folder, 'phone.mjs'), blocks('js')[0]!);
    const tool = join(folder, 'tool.sh');
    writeFileSync(tool, '#!/bin/sh\necho "loaded $1" >&2\necho "median: 2.5 ms"\n');
    chmodSync(tool, 0o755);
    const words = filledWords(command!.run, join(folder, 'm.onnx'));
    expect(words).toEqual(['node', 'phone.mjs', join(folder, 'm.onnx')]);
    process.env['BENCH'] = tool;
    try {
      const [, ...args] = words;
      const { stdout, stderr } = await runCommand([process.execPath, ...args], 'The command', folder, 60_000);
      expect(readDeviceAnswer(stdout, stderr, 'the command')).toEqual({
        timesMs: [2.5],
        isList: false,
        batch: 1,
        device: 'Tensor G5, LiteRT 2',
      });
    } finally {
      delete process.env['BENCH'];
    }
  });
});
