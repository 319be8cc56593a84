import fc from 'fast-check';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkItem } from '../../src/content/check-item.js';
import { nameFault } from '../../src/content/check-name.js';
import { ContentError } from '../../src/content/content-error.js';
import { tokenOf, type ContentItem, type ContentManifest } from '../../src/content/content-item.js';
import { describeContent } from '../../src/content/describe-content.js';
import { replacePaths } from '../../src/content/replace-paths.js';
import type { TaskSettings } from '../../src/tasks/task-settings.js';
import { arrayAt, contentRig, refusal, sha256 } from './content-rig.js';

function itemOf(manifest: ContentManifest): ContentItem {
  return { token: tokenOf(manifest), name: 'x', ...manifest };
}

const fileNamed = (name: string) => ({ name, sizeBytes: 3, sha256: sha256('abc') });
const folderOf = (...names: readonly string[]): ContentItem =>
  itemOf({ kind: 'folder', files: names.map(fileNamed), listings: [{ extensions: ['.npy'], depth: 8 }] });

describe('names in a description', () => {
  it.each([
    ['../x.npy', 'has a part ".."'],
    ['a/../../x.npy', 'has a part ".."'],
    ['a/./x.npy', 'has a part "."'],
    ['/etc/passwd', 'is absolute'],
    ['C:/x.npy', 'is absolute'],
    ['c:x.npy', 'is absolute'],
    ['a\\..\\x.npy', 'has a backslash'],
    ['a\0.npy', 'has a control character'],
    ['a\n.npy', 'has a control character'],
    ['', 'is empty'],
    ['a//x.npy', 'has an empty part'],
    ['a/', 'has an empty part'],
    ['CON', 'has the name of a device'],
    ['a/nul.npy', 'has the name of a device'],
    ['com¹.txt', 'has the name of a device'],
    ['aux .npy', 'has the name of a device'],
    ['.. /x.npy', 'ends in a dot or space'],
    ['x.', 'ends in a dot or space'],
    ['\ud800.npy', 'is no sound text'],
    ['x'.repeat(256), 'a part longer than 255 bytes'],
    [Array.from({ length: 300 }, () => 'abcd').join('/'), 'is longer than 1024 bytes'],
  ])('%j is refused, and nothing is written', async (name, fault) => {
    const rig = contentRig();
    rig.give('abc.npy', 'abc');
    const told = await refusal(rig.store().resolve([folderOf(name)]));
    expect(told).toContain(fault);
    expect(existsSync(rig.cache)).toBe(false);
  });

  it.each([['content', 'com10.npy'], ['console/1.npy'], ['ä/日本.npy'], ['a b.npy'], ['...x/.hidden'], ['ab:c.npy']])(
    '%j is a name like any other',
    (...names) => {
      expect(names.map(nameFault)).toEqual(names.map(() => null));
    },
  );

  it('that come twice, or as a file and a folder, are refused', () => {
    expect(() => checkItem(folderOf('a.npy', 'a.npy'))).toThrow('"a.npy" comes twice');
    expect(() => checkItem(folderOf('a.npy/b.npy', 'a.npy'))).toThrow('"a.npy" is both a file and a folder');
  });

  it('lead nowhere but into their folder, whatever passes', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('..', '.', '', 'C:', '\\', 'con', 'NUL.x', '\0', '~', ' ', '%2e%2e', '．．', '‥', 'a'),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.constantFrom('/', '\\', ''), (parts, separator) => {
        const name = parts.join(separator);
        if (nameFault(name) !== null) return;
        const path = resolve('/cache/content', name);
        expect(path.startsWith('/cache/content/')).toBe(true);
        expect(path).toBe(`/cache/content/${name}`);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a description', () => {
  const good = folderOf('a.npy', 'b/c.npy');

  it('is refused when anything of it is not as it should be', () => {
    expect(checkItem(JSON.parse(JSON.stringify(good)))).toEqual(good);
    const [file] = good.files;
    const bad: readonly unknown[] = [
      ...[null, 1, 'x', [], {}],
      { ...good, token: good.token.replace(/.$/, 'x') },
      { ...good, files: good.files.slice(1) },
      { ...good, kind: 'device' },
      { ...good, extra: 1 },
      { ...good, files: [{ ...file, sha256: 'x' }] },
      { ...good, files: [{ ...file, sha256: file!.sha256.toUpperCase() }] },
      { ...good, files: [{ ...file, sizeBytes: -1 }] },
      { ...good, files: [{ ...file, sizeBytes: 0.5 }] },
      { ...good, listings: [{ extensions: ['.npy'], depth: 1e9 }] },
      itemOf({ kind: 'file', files: [] }),
      itemOf({ kind: 'module', files: [fileNamed('a.mjs'), fileNamed('b.mjs')] }),
      itemOf({ kind: 'folder', files: [], folders: ['../out'] }),
      itemOf({ kind: 'folder', files: [], folders: ['a/b'] }),
      itemOf({ kind: 'folder', files: [fileNamed('a')], folders: ['a'] }),
      itemOf({ kind: 'command', files: [], tasks: [{ task: { kind: 'none' } as never, sha256: sha256('') }] }),
      itemOf({ kind: 'command', files: [], tasks: [{ task: { kind: 'command' } as never, sha256: sha256('') }] }),
    ];
    for (const value of bad) expect(() => checkItem(value), JSON.stringify(value)).toThrow(ContentError);
  });

  it('of anything is refused or sound, never worse', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(good), 'folders', 'tasks'), (value, key) => {
        const item = { ...good, [key]: value };
        let sound: ContentItem;
        try {
          sound = checkItem(item);
        } catch (error) {
          expect(error).toBeInstanceOf(ContentError);
          return;
        }
        // The name is for people; another one is as good.
        expect({ ...sound, name: good.name }).toEqual(good);
      }),
    );
  });
});

describe('links', () => {
  it('that lead out are not followed: neither a file, nor a folder, nor on the way', async () => {
    const rig = contentRig();
    const secret = rig.write('secret/a.npy', 'secret');
    symlinkSync(secret, join(rig.data, 'a.npy'));
    symlinkSync(dirname(secret), join(rig.data, 'folder'));
    mkdirSync(join(rig.data, 'sub'));
    symlinkSync('../../home/secret/a.npy', join(rig.data, 'sub/a.npy'));
    const { items } = await describeContent({
      ...{ models: [], tasks: [] },
      sources: [arrayAt(secret), { format: 'npyFolder', path: dirname(secret), labels: null, groundTruth: null }],
    });

    const told = await refusal(rig.store().resolve(items));
    expect(told).toContain(`3 links that lead out of --data are not used: ${rig.data}/a.npy`);
    expect(told.split('\n')).toHaveLength(2);
  });

  it('that lead out by the time of the search are not followed', async () => {
    const rig = contentRig();
    const { items } = await describeContent({
      ...{ models: [], tasks: [], sources: [arrayAt(rig.write('a.npy', 'bytes of a'))] },
    });
    const store = rig.store({ walkAgainMs: 1e9 });
    const other = await describeContent({
      ...{ models: [], tasks: [], sources: [arrayAt(rig.write('b.npy', 'bytes of b!'))] },
    });
    rig.give('sub/a.npy', 'bytes of a');
    rig.give('b.npy', 'bytes of b!');
    await store.resolve(other.items);
    // Everything was looked through. Now the folder becomes a link.
    rmSync(join(rig.data, 'sub'), { recursive: true });
    symlinkSync(rig.home, join(rig.data, 'sub'));

    expect(await refusal(store.resolve(items))).toContain('is not below --data');
  });

  it('that lead round in a circle end', async () => {
    const rig = contentRig();
    const path = rig.give('a/b/x.npy', 'bytes of x');
    symlinkSync('..', join(rig.data, 'a/b/up'));
    symlinkSync('self', join(rig.data, 'self'));
    symlinkSync(rig.data, join(rig.data, 'a/all'));
    const { items } = await describeContent({
      ...{ models: [], tasks: [], sources: [arrayAt(rig.write('x.npy', 'bytes of x'))] },
    });

    expect([...(await rig.store().resolve(items)).values()]).toEqual([path]);
  });

  it('in a folder of images that lead out keep it from being used in place', async () => {
    const rig = contentRig();
    rig.write('val/a.npy', 'bytes of a');
    const { items } = await describeContent({
      ...{ models: [], tasks: [] },
      sources: [{ format: 'npyFolder', path: join(rig.home, 'val'), labels: null, groundTruth: null }],
    });
    rig.give('val/a.npy', 'bytes of a');
    symlinkSync(rig.write('extra.npy', 'extra'), join(rig.data, 'val/b.npy'));

    const path = (await rig.store().resolve(items)).get(items[0]!.token)!;
    expect(path.startsWith(rig.cache)).toBe(true);
    expect(readdirSync(path)).toEqual(['a.npy']);
  });
});

describe('a job', () => {
  it('that reads what was not resolved for it is refused', async () => {
    const rig = contentRig();
    const path = rig.give('a.npy', 'bytes of a');
    const other = rig.give('b.npy', 'bytes of b!');
    const { items } = await describeContent({ ...{ models: [], tasks: [] }, sources: [arrayAt(path)] });
    const store = rig.store();
    await store.resolve(items);

    await store.admit({ ...{ models: [], tasks: [] }, sources: [arrayAt(path)] });
    for (const wrong of ['/etc/passwd', other, `${path}/../a.npy`, 'a.npy', '', items[0]!.token]) {
      const told = await refusal(store.admit({ ...{ models: [], tasks: [] }, sources: [arrayAt(wrong)] }));
      expect(told).toContain(`got one that reads ${JSON.stringify(wrong)}`);
    }
    await refusal(store.admit({ models: ['/etc/passwd'], tasks: [], sources: [] }));
    await refusal(
      store.admit({
        ...{ models: [], tasks: [] },
        sources: [{ ...arrayAt(path), inputs: { x: { path: '/etc/passwd', array: null, value: null, per: 'run' } } }],
      }),
    );
  });
});

describe('code', () => {
  const moduleText = 'export default () => null;';
  const commandTask = (folder: string, ...words: readonly string[]): TaskSettings => ({
    ...{ kind: 'command', command: [...words, '{predictions}'], folder },
    ...{ metric: 'score', higherIsBetter: true, timeoutSeconds: 60 },
  });
  const request = (...tasks: readonly TaskSettings[]) => ({ models: [], sources: [], tasks });

  it('of a module is found only where it is allowed, and the message has what allows it', async () => {
    const rig = contentRig();
    const path = rig.write('metric.mjs', moduleText);
    const { items, tokens } = await describeContent(request({ kind: 'module', path, options: {}, bootstrap: 0 }));
    const copy = rig.give('metric.mjs', moduleText);

    const told = await refusal(rig.store().resolve(items));
    expect(told).toBe(
      `module metric.mjs is code that this agent is not allowed to run. Read it, and if you trust it, start the agent with --allow-code ${sha256(moduleText)}.`,
    );
    const store = rig.store({ allowedCode: new Set([sha256(moduleText)]) });
    expect((await store.resolve(items)).get(tokens.get(path)!)).toBe(copy);
  });

  it('of a module that changes after it was found is not admitted', async () => {
    const rig = contentRig();
    const path = rig.write('metric.mjs', moduleText);
    const { items } = await describeContent(request({ kind: 'module', path, options: {}, bootstrap: 0 }));
    const copy = rig.give('metric.mjs', moduleText);
    const store = rig.store({ allowedCode: new Set([sha256(moduleText)]) });
    await store.resolve(items);
    writeFileSync(copy, 'export default () => process.exit();');

    const task: TaskSettings = { kind: 'module', path: copy, options: {}, bootstrap: 0 };
    expect(await refusal(store.admit(request(task)))).toContain(
      `metric ${copy} is code that this agent is not allowed`,
    );
  });

  it('that comes as data is not admitted as a module', async () => {
    const rig = contentRig();
    const path = rig.give('evil.mjs', moduleText);
    const { items } = await describeContent({ ...{ models: [], tasks: [] }, sources: [arrayAt(path)] });
    const store = rig.store();
    await store.resolve(items);

    const told = await refusal(
      store.admit({ ...{ models: [], tasks: [] }, sources: [{ format: 'module', path, options: {} }] }),
    );
    expect(told).toContain(`--allow-code ${sha256(moduleText)}`);
  });

  it('of a command runs as it was allowed, with the files that it names', async () => {
    const rig = contentRig();
    const folder = dirname(rig.write('exp/score.py', 'print(1)'));
    const described = await describeContent(request(commandTask(folder, 'python3', 'score.py')));
    const [item] = described.items;
    const allowed = item!.tasks![0]!.sha256;
    expect(await refusal(rig.store().resolve(described.items))).toContain(`--allow-code ${allowed}`);

    rig.give('moved/score.py', 'print(1)');
    const store = rig.store({ allowedCode: new Set([allowed]) });
    const here = (await store.resolve(described.items)).get(item!.token)!;
    expect(here).toBe(join(rig.data, 'moved'));
    await store.admit(request(commandTask(here, 'python3', 'score.py')));
    for (const words of [
      ['python3', 'score.py', '-c'],
      ['sh', '-c', 'rm -rf /'],
      ['python3', './score.py'],
    ]) {
      const told = store.admit(request(commandTask(here, ...words)));
      if (words[1] === './score.py') await told;
      else expect(await refusal(told)).toContain('is code that this agent is not allowed to run');
    }
    expect(await refusal(store.admit(request(commandTask(here, 'sh', '/etc/passwd'))))).toContain(
      'reads "/etc/passwd"',
    );
    expect(await refusal(store.admit(request(commandTask(here, 'sh', '../../home/exp/score.py'))))).toContain('reads ');
    expect(await refusal(store.admit(request(commandTask('/', 'sh'))))).toContain('reads "/"');
  });

  it('of a command that is not what it says it is, is refused', async () => {
    const rig = contentRig();
    const folder = dirname(rig.write('exp/score.py', 'print(1)'));
    const { items } = await describeContent(request(commandTask(folder, 'python3', 'score.py')));
    const allowed = items[0]!.tasks![0]!.sha256;
    const [evil] = (
      await describeContent(
        request(commandTask(dirname(rig.write('evil/score.py', 'import os')), 'python3', 'score.py')),
      )
    ).items;
    const { token, name, ...manifest } = evil!;
    const task = { ...manifest.tasks![0]!, sha256: allowed };
    rig.give('score.py', 'import os');

    const told = await refusal(
      rig.store({ allowedCode: new Set([allowed]) }).resolve([itemOf({ ...manifest, tasks: [task] })]),
    );
    expect(told).toContain(`not the command that it says it is`);
    expect(told).toContain(evil!.tasks![0]!.sha256);
  });

  it('of a command that names no file needs none', async () => {
    const rig = contentRig();
    const folder = dirname(rig.write('exp/x.yaml', ''));
    const { items, tokens } = await describeContent(request(commandTask(folder, 'score')));
    const store = rig.store({ allowedCode: new Set([items[0]!.tasks![0]!.sha256]) });
    const paths = await store.resolve(items);

    await store.admit(request(replacePaths(commandTask(tokens.get(folder)!, 'score'), paths)));
    expect(readdirSync(paths.get(items[0]!.token)!)).toEqual([]);
  });
});
