import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';
let tarball = '';

/** Names its database as the experiments do that are shipped: beside their folder. */
const tiny = `version: 1
model: { path: demo/bev-demo.onnx }
data:
  calibration: { format: synthetic, shape: [8, 48, 48], seed: 1, count: 2, batchSize: 2, batches: 1 }
  evaluation: { format: synthetic, shape: [8, 48, 48], seed: 2, count: 2 }
task: fidelity
loss: { samples: 2 }
gate: { samples: 2 }
baselines: []
grid: [{ smoothing.alpha: 0.5 }]
run: { provider: cpu, slots: 1, database: ../quantsweep.db }
`;

/** Without what the npm that runs the tests put there, and without a C++ compiler. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  CC: 'false',
  CXX: 'false',
};

function npm(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  return execFileSync('npm', args, { cwd: root, encoding: 'utf8', env: { ...environment, ...env } });
}

/** All files of a folder with their size and time. */
function filesOf(place: string): Map<string, string> {
  const names = readdirSync(place, { recursive: true, withFileTypes: true });
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(place.length), `${statSync(path).size} ${statSync(path).mtimeMs}`]),
  );
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quantsweep-packed-'));
  npm(['pack', '--silent', '--pack-destination', folder]);
  tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
  );
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the packed package', () => {
  it('holds the program, its types and its papers; no source maps, sources or traces of a build', () => {
    const names = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    for (const name of ['dist/cli/main.js', 'dist/cli/main.d.ts', 'dist/sbom.cdx.json', 'NOTICE', 'LICENSE']) {
      expect(names).toContain(`package/${name}`);
    }
    const unwanted = names.filter(
      (name) => /\.map$|\.db|\/\.[^/]+$/.test(name) || (/^package\/dist\//.test(name) && /(?<!\.d)\.ts$/.test(name)),
    );
    expect(unwanted).toEqual([]);
  });

  const ways: readonly (readonly [string, readonly string[]])[] = [
    ['with the install script of onnxruntime-node, told to download nothing', []],
    ['without any install script', ['--ignore-scripts']],
  ];

  it.each(ways)('installs and works %s, and writes nothing into its own folder', (_, options) => {
    const prefix = mkdtempSync(join(folder, 'prefix-'));
    npm(['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', ...options, tarball], {
      ONNXRUNTIME_NODE_INSTALL: 'skip',
    });
    const own = join(prefix, 'lib/node_modules/quantsweep');
    writeFileSync(join(own, 'experiments/tiny.yaml'), tiny);
    const before = filesOf(own);
    const smoke = spawnSync(process.execPath, ['scripts/smoke.mjs', join(prefix, 'bin/quantsweep')], {
      cwd: root,
      encoding: 'utf8',
      env: environment,
    });
    expect(smoke.stderr).toBe('');
    expect(smoke.stdout).toMatch(/^quantsweep \S+ works on Node /);

    const home = mkdtempSync(join(folder, 'home-'));
    const run = spawnSync(join(prefix, 'bin/quantsweep'), ['run', join(own, 'experiments/tiny.yaml')], {
      cwd: home,
      encoding: 'utf8',
      env: environment,
    });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: '' });
    expect(existsSync(join(home, 'quantsweep.db'))).toBe(true);
    expect(filesOf(own)).toEqual(before);
    rmSync(prefix, { recursive: true });
  });
});
