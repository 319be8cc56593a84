// The software bill of materials of a release: CycloneDX, what is installed with quantsweep,
// without development packages.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { status, stdout, stderr, error } = spawnSync(
  'npm',
  ['sbom', '--omit', 'dev', '--package-lock-only', '--sbom-format', 'cyclonedx'],
  { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, shell: process.platform === 'win32' },
);
if (status !== 0) {
  console.error(error?.message ?? stderr);
  process.exit(1);
}
const materials = JSON.parse(stdout);
// npm takes the name of the folder.
materials.metadata.component.name = 'quantsweep';
const path = fileURLToPath(new URL('../dist/sbom.cdx.json', import.meta.url));
writeFileSync(path, `${JSON.stringify(materials, null, 1)}\n`);
console.log(`dist/sbom.cdx.json: ${materials.components.length} packages`);
