import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('42: licences of the parts', () => {
  it('NOTICE names every package that the lock file installs, by licence', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/notice.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const notice = readFileSync(`${root}/NOTICE`, 'utf8');
    const [, lgpl = ''] = /^LGPL-3\.0-or-later\n((?: {2}.+\n)+)/m.exec(notice) ?? [];
    expect(lgpl).toContain('@img/sharp-libvips-linux-x64');
  });

  it('a release carries NOTICE and makes its bill of materials when it is packed', () => {
    const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
      files: string[];
      scripts: Record<string, string>;
    };
    expect(manifest.files).toContain('NOTICE');
    expect(manifest.scripts['prepack']).toContain('sbom');
  });
});
