import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Running, temporaryFolder, type Surroundings } from '../cli/command-line.js';
import { states, writeSmallSweep } from './small-sweep.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const switchModule = new URL('../../dist/engine/session/no-telemetry.js', import.meta.url).href;

/**
 * A home and a temporary folder in which nothing lies, and no word of telemetry: empty counts as
 * not said.
 */
function fresh(folder: string): {
  readonly env: Required<Surroundings>['env'];
  readonly files: () => readonly string[];
} {
  const home = join(folder, 'home');
  const temporary = join(folder, 'temporary');
  for (const each of [home, temporary]) mkdirSync(each);
  const env = {
    HOME: home,
    TMPDIR: temporary,
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_DATA_HOME: join(home, '.local'),
    XDG_CONFIG_HOME: join(home, '.config'),
    ORT_DISABLE_TELEMETRY: '',
  };
  const files = () => [home, temporary].flatMap((each) => readdirSync(each, { recursive: true, encoding: 'utf8' }));
  return { env, files };
}

describe('30: the runtime', () => {
  it('writes nothing into the home and the temporary folder, whatever command runs it', async () => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1, { grid: '- { smoothing.mode: dynamic }' });
    const { env, files } = fresh(folder);
    for (const args of [
      ['plan', path],
      ['run', path],
      ['export', 'best', '-o', 'best.onnx'],
      ['report', 'small', '-o', 'page.html'],
      ['doctor'],
    ]) {
      const { code, stdout, stderr } = await new Running(args, folder, { env }).ended;
      expect(code, `${args.join(' ')}: ${stdout}${stderr}`).toBe(0);
      expect(files(), args.join(' ')).toEqual([]);
    }
    expect(states(folder)).toEqual({ done: 3 });
  });

  it.each([
    [undefined, '1'],
    ['', '1'],
    ['1', '1'],
    ['0', '0'],
    ['false', 'false'],
  ])('is told %s by a person and runs under %s: only who asks for telemetry gets it', (said, under) => {
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env['ORT_DISABLE_TELEMETRY'];
    if (said !== undefined) env['ORT_DISABLE_TELEMETRY'] = said;
    const script = `await import(${JSON.stringify(switchModule)}); console.log(process.env.ORT_DISABLE_TELEMETRY)`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env, encoding: 'utf8' });
    expect(printed.trim()).toBe(under);
  });

  const traces = spawnSync('strace', ['-f', '-e', 'trace=connect', 'true']).status === 0;
  if (!traces)
    console.warn('Skipped: that no host is looked up is seen with strace, which is not here or may not trace.');
  it.skipIf(!traces)('looks up no host and connects to none', () => {
    const folder = temporaryFolder();
    const path = writeSmallSweep(folder, -1);
    const { env } = fresh(folder);
    const trace = join(folder, 'trace');
    const { status, stderr } = spawnSync(
      'strace',
      ['-f', '-qq', '-e', 'trace=connect,sendto,sendmmsg', '-o', trace, process.execPath, main, 'run', path],
      { cwd: folder, env: { ...process.env, ...env }, encoding: 'utf8' },
    );
    expect(status, stderr).toBe(0);
    expect(states(folder)).toEqual({ done: 3 });
    // Look-ups go to a name server, or to the cache of one on this machine.
    const words = readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /AF_INET|nscd|resolve/.test(line));
    expect(words).toEqual([]);
  });
});
