import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { quantsweep } from '../cli/command-line.js';
import { commandsOfMarkdown, commandsOfScript, commandsOfYaml, type DocumentedCommand } from './documented-commands.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const files = readdirSync(join(root, 'examples'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
  .filter((path) => !/\/(secrets|results)\//.test(path))
  .sort();
const yamlFiles = files.filter((path) => path.endsWith('.yaml'));
const scripts = files.filter((path) => /\.(sh|sbatch)$/.test(path));

/** Every value under a key of a document, at any depth. */
function valuesOf(key: string, value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    name === key ? [each] : valuesOf(key, each),
  );
}

describe('the examples', () => {
  it('are those that docs/SCALE.md tells of', () => {
    const scale = read('docs/SCALE.md');
    for (const folder of new Set(files.filter((path) => path.split('/').length > 2).map((path) => path.split('/')[1]!)))
      expect(scale).toContain(`examples/${folder}/`);
    expect(yamlFiles.length).toBeGreaterThan(3);
    expect(scripts.length).toBeGreaterThan(2);
  });

  it.each(yamlFiles)('%s is YAML without errors, warnings or empty documents', (path) => {
    for (const document of parseAllDocuments(read(path), { merge: true })) {
      expect([...document.errors, ...document.warnings]).toEqual([]);
      expect(document.toJS()).toBeTypeOf('object');
    }
  });

  it.each(scripts)('%s is a script without syntax errors', (path) => {
    execFileSync(path.endsWith('.sh') ? 'sh' : 'bash', ['-n', join(root, path)], { stdio: 'pipe' });
  });

  it('name the version of every image', () => {
    const images = [
      ...yamlFiles.flatMap((path) => parseAllDocuments(read(path)).flatMap((each) => valuesOf('image', each.toJS()))),
      ...files.filter((path) => path.endsWith('Dockerfile')).map((path) => /^FROM (\S+)/m.exec(read(path))?.[1]),
    ];
    expect(images.length).toBeGreaterThan(4);
    // What Compose builds is from this checkout.
    for (const image of images) expect(image).toMatch(/:(\d+\.\d+\.\d+(-[a-z-]+)?|local)$/);
  });

  it('have no password, key or secret inside', () => {
    for (const path of files) {
      const text = read(path).replaceAll(/--allow-code[= ][0-9a-f]{64}/g, '');
      expect(text, path).not.toMatch(/[0-9a-f]{20,}|-----BEGIN|:\/\/[^/\s]+:[^/\s]+@/);
    }
    const passwords = [...read('examples/redis/users.acl').matchAll(/ [>#](\S+)/g)].map(([, word]) => word);
    expect(passwords).toEqual(['ADMIN_PASSWORD', 'COORDINATOR_PASSWORD', 'AGENT_PASSWORD']);
    for (const path of yamlFiles) {
      const environment = parseAllDocuments(read(path)).flatMap((each) => valuesOf('env', each.toJS()).flat());
      for (const variable of environment as readonly { readonly name: string }[]) {
        if (/_(USER|PASSWORD|SECRET)$/.test(variable.name))
          expect(variable).toHaveProperty('valueFrom.secretKeyRef.key');
      }
    }
  });

  it('allow the code that the demo brings', () => {
    const module = read('experiments/demo/scenes/dataset.mjs');
    const sha256 = createHash('sha256').update(module).digest('hex');
    const allowed = ['docs/SCALE.md', ...files].flatMap((path) => [
      ...read(path).matchAll(/--allow-code[= ]([0-9a-f]{64})/g),
    ]);
    expect(allowed.length).toBeGreaterThan(2);
    for (const [, hash] of allowed) expect(hash).toBe(sha256);
  });
});

describe('commands in docs/SCALE.md and the examples', () => {
  const places: readonly (readonly [string, readonly DocumentedCommand[]])[] = [
    ['docs/SCALE.md', commandsOfMarkdown(read('docs/SCALE.md'))],
    ...scripts.map((path) => [path, commandsOfScript(read(path))] as const),
    ...yamlFiles.map((path) => [path, commandsOfYaml(read(path))] as const),
  ];

  it('have no options but those of the program', async () => {
    const known = new Map<string, string>();
    for (const command of new Set(places.flatMap(([, commands]) => commands.map((each) => each.command)))) {
      const { stdout, stderr, code } = await quantsweep(root, command, '--help');
      expect(code, stderr).toBe(0);
      expect(stdout, command).toContain(`quantsweep ${command}`);
      known.set(command, stdout);
    }
    expect([...known.keys()]).toEqual(expect.arrayContaining(['run', 'agent', 'agents']));
    for (const [path, commands] of places) {
      for (const { command, options } of commands) {
        for (const option of options) {
          expect(known.get(command), `${path}: ${command} ${option}`).toMatch(new RegExp(`\\s${option}\\b(?!-)`));
        }
      }
    }
  });

  it('are found wherever one is', () => {
    const found = new Map(places.map(([path, commands]) => [path, commands.map(({ command }) => command)]));
    expect(found.get('examples/compose/compose.yaml')).toEqual(expect.arrayContaining(['agent', 'run']));
    expect(found.get('examples/kubernetes/agents.yaml')).toEqual(['agent']);
    expect(found.get('examples/kubernetes/coordinator.yaml')).toEqual(['run']);
    expect(found.get('examples/slurm/agents.sbatch')).toEqual(['agent']);
    expect(found.get('docs/SCALE.md')!.filter((command) => command === 'agent').length).toBeGreaterThan(3);
  });
});
