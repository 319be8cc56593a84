import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quantsweep, Running, temporaryFolder } from '../cli/command-line.js';
import { childrenOf } from '../faults/faults.js';
import { writeSmallSweep } from './small-sweep.js';

/** Two searches and many candidates: long enough to be met at work. */
const searching = {
  grid: '- { smoothing.mode: dynamic }\n  - { smoothing.alpha: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] }',
};

describe('22: temporary files', () => {
  it('of a run that ends lie nowhere', async () => {
    const folder = temporaryFolder();
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    const { code } = await new Running(['run', writeSmallSweep(folder, -1)], folder, { env: { TMPDIR: temporary } })
      .ended;
    expect(code).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('of a program that was killed with its children are removed by the next run, and nothing else is', async () => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1, searching);
    const temporary = join(folder, 'temporary');
    const kept = join(folder, 'kept');
    for (const each of [temporary, kept]) mkdirSync(each);
    writeFileSync(join(kept, 'file'), '');
    const env = { TMPDIR: temporary };
    const running = new Running(['run', path], folder, { env });
    await running.printed('stage observe finished');
    // The parent first, so that it starts no child anew.
    running.child.kill('SIGSTOP');
    for (const child of childrenOf(running.child.pid!)) process.kill(child, 'SIGKILL');
    running.child.kill('SIGKILL');
    await running.ended;
    const [left] = readdirSync(temporary);
    expect(left).toMatch(/^quantsweep-[0-9a-f]{8}-\d+-/);
    // Of another machine, of a process that lives, and a link under such a name.
    const [, machine, dead] = /^(quantsweep-[0-9a-f]{8})-(\d+)-/.exec(left!)!;
    const others = [
      `quantsweep-00000000-${dead!}-abcdef`,
      `${machine!}-${process.pid}-abcdef`,
      `${machine!}-${dead!}-zzzzzz`,
    ];
    mkdirSync(join(temporary, others[0]!));
    mkdirSync(join(temporary, others[1]!));
    symlinkSync(kept, join(temporary, others[2]!));
    const { code, stdout } = await new Running(['run', path], folder, { env }).ended;
    expect(code, stdout).toBe(0);
    expect(readdirSync(temporary).sort()).toEqual([...others].sort());
    expect(existsSync(join(kept, 'file'))).toBe(true);
  });

  it('of a program that was killed alone are removed by its children', async () => {
    const folder = temporaryFolder();
    const temporary = join(folder, 'temporary');
    mkdirSync(temporary);
    const path = writeSmallSweep(folder, -1, searching);
    const running = new Running(['run', path], folder, { env: { TMPDIR: temporary } });
    await running.printed('stage observe finished');
    running.child.kill('SIGKILL');
    await running.ended;
    while (readdirSync(temporary).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe('22: what is no regular file', () => {
  /** The sweep with one of its files replaced. */
  async function refused(change: (folder: string, path: string) => readonly string[]): Promise<string> {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1);
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    const { code, stderr } = await quantsweep(folder, 'plan', ...change(folder, path));
    expect(code).toBe(2);
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  }

  it.each([
    ['experiment, a pipe', () => ['pipe'], /^pipe: expected an experiment file, got a pipe\.$/m],
    ['experiment, a device', () => ['/dev/zero'], /expected an experiment file, got a device\.$/m],
    ['model', (_: string, path: string) => [path, '--set', 'model.path=pipe'], /Expected a model file, got a pipe\./],
    ['model, a device', (_: string, path: string) => [path, '--set', 'model.path=/dev/zero'], /got a device\./],
    [
      'data',
      (_: string, path: string) => [path, '--set', 'data.calibration.path=pipe'],
      /Expected a regular file, got a pipe \(.*pipe\)/,
    ],
    [
      'data, a device',
      (_: string, path: string) => [path, '--set', 'data.evaluation.path=/dev/zero'],
      /Expected a regular file, got a device \(\/dev\/zero\)/,
    ],
    [
      'database',
      (_: string, path: string) => [path, '--set', 'run.database=pipe'],
      /Expected a database file, got a pipe/,
    ],
  ])('is refused as %s', async (_, change, message) => {
    expect(await refused(change)).toMatch(message);
  });
});
