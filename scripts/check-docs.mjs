// Every relative link of the documentation leads somewhere, every file that ARCHITECTURE.md names
// exists, and every folder of src/ is described there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const problems = [];
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  'examples/README.md',
  'experiments/demo/README.md',
  'experiments/zoo/README.md',
  'reports/README.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));
for (const document of documents) {
  const text = readFileSync(join(root, document), 'utf8');
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^(https?:|#|mailto:)/.test(target)) continue;
    const path = join(root, dirname(document), target.split('#')[0]);
    if (!existsSync(path)) problems.push(`${document}: link to ${target} leads nowhere`);
  }
  for (const [, path] of text.matchAll(
    /`((?:src|test|migrations|experiments|examples|scripts|docs|bench)\/[\w./-]+\.\w+)`/g,
  )) {
    if (!existsSync(join(root, path))) problems.push(`${document}: ${path} does not exist`);
  }
}
const architecture = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8');
for (const folder of readdirSync(join(root, 'src'))) {
  if (!architecture.includes(`src/${folder}`)) problems.push(`docs/ARCHITECTURE.md does not describe src/${folder}`);
}
for (const problem of problems) console.error(problem);
console.log(`${documents.length} documents checked, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;
