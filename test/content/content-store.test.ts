import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContentStore } from '../../src/content/content-store.js';
import { describeContent } from '../../src/content/describe-content.js';
import type { ContentItem } from '../../src/content/content-item.js';
import type { DataSource } from '../../src/formats/data-source.js';
import { arrayAt, contentRig, refusal, sha256 } from './content-rig.js';

async function itemsOf(...sources: readonly DataSource[]): Promise<readonly ContentItem[]> {
  return (await describeContent({ models: [], sources, tasks: [] })).items;
}

const images = (path: string): DataSource => ({
  ...{ format: 'imageFolder', path, labels: null, resize: null, crop: null, kernel: 'linear', channels: 3 },
});
const arrays = (path: string): DataSource => ({ format: 'npyFolder', path, labels: null, groundTruth: null });

describe('a file below --data', () => {
  it('is used in place, whatever its name is', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    const path = rig.give('deep/inside/other.npy', 'the bytes');
    rig.give('val.npy', 'not bytes');

    expect(await rig.store().resolve([item!])).toEqual(new Map([[item!.token, path]]));
  });

  it('is the one of the same name where several have the bytes', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    rig.give('a/first.npy', 'the bytes');
    const path = rig.give('b/val.npy', 'the bytes');
    rig.give('c/last.npy', 'the bytes');

    expect((await rig.store().resolve([item!])).get(item!.token)).toBe(path);
  });

  it('is copied where only its ending is another, as some formats go by it', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    rig.give('3f7a0c', 'the bytes');

    const path = (await rig.store().resolve([item!])).get(item!.token)!;
    expect(path.startsWith(rig.cache)).toBe(true);
    expect(basename(path)).toBe('val.npy');
    expect(readFileSync(path, 'utf8')).toBe('the bytes');
  });

  it('is found when it is put there later', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    const store = rig.store();
    await refusal(store.resolve([item!]));
    const path = rig.give('val.npy', 'the bytes');

    expect((await store.resolve([item!])).get(item!.token)).toBe(path);
  });

  it('is found by a link of another name, under the name of the link', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    rig.give('blobs/3f7a0c', 'the bytes');
    mkdirSync(join(rig.data, 'snapshot'));
    symlinkSync('../blobs/3f7a0c', join(rig.data, 'snapshot/val.npy'));

    expect((await rig.store().resolve([item!])).get(item!.token)).toBe(join(rig.data, 'snapshot/val.npy'));
  });

  it('is hashed once: its stamp is enough for the next agent', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    rig.give('val.npy', 'the bytes');
    const first = rig.store();
    await first.resolve([item!]);
    await first.close();
    const hashes = join(rig.cache, 'hashes.jsonl');
    const lines = readFileSync(hashes, 'utf8');

    await rig.store().resolve([item!]);
    expect(readFileSync(hashes, 'utf8')).toBe(lines);

    utimesSync(join(rig.data, 'val.npy'), 1e9, 1e9);
    await rig.store().resolve([item!]);
    expect(readFileSync(hashes, 'utf8').split('\n').length).toBe(lines.split('\n').length + 1);
  });

  it('is hashed again where what was remembered of hashes is damaged', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    const path = rig.give('val.npy', 'the bytes');
    mkdirSync(rig.cache);
    writeFileSync(join(rig.cache, 'hashes.jsonl'), '{"path":\n[]\nnull\n{"path":1}\n{"path":"/a","stamp":"1","sha2');

    expect((await rig.store().resolve([item!])).get(item!.token)).toBe(path);
  });
});

describe('a folder below --data', () => {
  it('is used in place under another name', async () => {
    const rig = contentRig();
    rig.write('val/cat/1.png', 'cat');
    rig.write('val/dog/2.png', 'a dog');
    const [item] = await itemsOf(images(join(rig.home, 'val')));
    rig.give('sets/imagenet/cat/1.png', 'cat');
    rig.give('sets/imagenet/dog/2.png', 'a dog');
    rig.give('sets/imagenet/README', 'no image');

    expect((await rig.store().resolve([item!])).get(item!.token)).toBe(join(rig.data, 'sets/imagenet'));
  });

  it('is put together where it holds more than is read', async () => {
    const rig = contentRig();
    rig.write('val/1.npy', 'one');
    rig.write('val/2.npy', 'two!');
    const [item] = await itemsOf(arrays(join(rig.home, 'val')));
    rig.give('all/1.npy', 'one');
    rig.give('all/2.npy', 'two!');
    rig.give('all/3.npy', 'three');

    const path = (await rig.store().resolve([item!])).get(item!.token)!;
    expect(path.startsWith(rig.cache)).toBe(true);
    expect(readdirSync(path)).toEqual(['1.npy', '2.npy']);
  });

  it('is put together with the folders of classes that have no image', async () => {
    const rig = contentRig();
    rig.write('val/cat/1.png', 'cat');
    mkdirSync(join(rig.home, 'val/ant'));
    const [item] = await itemsOf(images(join(rig.home, 'val')));
    rig.give('val/cat/1.png', 'cat');

    const path = (await rig.store().resolve([item!])).get(item!.token)!;
    expect(path.startsWith(rig.cache)).toBe(true);
    expect(readdirSync(path)).toEqual(['ant', 'cat']);
  });

  it('is put together from files that lie under other names', async () => {
    const rig = contentRig();
    rig.write('val/1.npy', 'one');
    rig.write('val/2.npy', 'two!');
    const [item] = await itemsOf(arrays(join(rig.home, 'val')));
    rig.give('x', 'one');
    rig.give('y', 'two!');

    const path = (await rig.store().resolve([item!])).get(item!.token)!;
    expect(['1.npy', '2.npy'].map((name) => readFileSync(join(path, name), 'utf8'))).toEqual(['one', 'two!']);
  });

  it('is told with the first of the files that it lacks', async () => {
    const rig = contentRig();
    rig.write('val/1.npy', 'one');
    rig.write('val/2.npy', 'two!');
    const [item] = await itemsOf(arrays(join(rig.home, 'val')));
    rig.give('val/1.npy', 'one');
    rig.give('val/2.npy', 'twö');

    const told = await refusal(rig.store().resolve([item!]));
    expect(told).toContain('folder "val" (2 files, 7 bytes');
    expect(told).toContain(`1 of its 2 files are missing, such as "2.npy" (4 bytes, sha256 ${sha256('two!')})`);
    expect(told).toContain(
      `1 file below --data of that size has other bytes, perhaps a bad copy: ${rig.data}/val/2.npy`,
    );
  });
});

describe('what is missing', () => {
  it('is told with name, size and hash', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    rig.give('a.npy', 'short');

    const told = await refusal(rig.store().resolve([item!]));
    expect(told).toBe(
      `file "val.npy" (9 bytes, sha256 ${sha256('the bytes')}) is not below --data; none of the 1 files there has that size; ` +
        'no place to fetch it from is given. Put a right copy below --data, or give a place to fetch it from.',
    );
    expect(told).not.toContain(rig.home);
  });

  it('is told with the bad copies', async () => {
    const rig = contentRig();
    const [item] = await itemsOf(arrayAt(rig.write('val.npy', 'the bytes')));
    const flipped = rig.give('val.npy', 'the bytez');
    for (let copy = 1; copy <= 4; copy += 1) rig.give(`old/${copy}.npy`, `nine byt${copy}`);

    const told = await refusal(rig.store().resolve([item!]));
    expect(told).toContain(`5 files below --data of that size have other bytes, perhaps a bad copy: ${flipped}, `);
  });

  it('is told with links that lead out', async () => {
    const rig = contentRig();
    const path = rig.write('val.npy', 'the bytes');
    const [item] = await itemsOf(arrayAt(path));
    symlinkSync(path, join(rig.data, 'val.npy'));

    const told = await refusal(rig.store().resolve([item!]));
    expect(told).toContain(`1 link that leads out of --data is not used: ${rig.data}/val.npy`);
  });

  it('is told of all items at once', async () => {
    const rig = contentRig();
    const items = await itemsOf(arrayAt(rig.write('a.npy', 'bytes of a')), arrayAt(rig.write('b.npy', 'bytes of b')));

    const told = await refusal(rig.store({ dataFolders: [] }).resolve(items));
    expect(told.split('\n').map((line) => line.slice(0, 12))).toEqual(['file "a.npy"', 'file "b.npy"']);
    expect(told).toContain('no --data folder is given');
  });

  it('evicts nothing for what can not be had', async () => {
    const rig = contentRig();
    const [kept, absent] = await itemsOf(
      arrayAt(rig.write('a.npy', 'bytes of a')),
      arrayAt(rig.write('b.npy', 'bytes of b')),
    );
    rig.give('a', 'bytes of a');
    const store = rig.store({ cacheBytes: 10 });
    await store.resolve([kept!]);
    await store.release([kept!]);
    await refusal(store.resolve([absent!]));

    expect(readdirSync(join(rig.cache, 'items'))).toHaveLength(1);
  });
});

it('keeps what one sweep gives back in the moment that another asks for it', async () => {
  const rig = contentRig();
  const path = rig.write('a.npy', 'bytes of a');
  const items = await itemsOf(arrayAt(path));
  // Under this name it is of use only as a copy in the cache.
  rig.give('a', 'bytes of a');
  const store = rig.store();
  await store.resolve(items);
  const [, paths] = await Promise.all([store.release(items), store.resolve(items)]);
  const here = [...paths.values()][0]!;
  await expect(store.admit({ models: [], sources: [arrayAt(here)], tasks: [] })).resolves.toBeUndefined();
});

it('refuses a data folder that is none', () => {
  const rig = contentRig();
  expect(() => rig.store({ dataFolders: [join(rig.data, 'absent')] })).toThrow(/got ENOENT \(--data .*absent\)/);
  expect(() => rig.store({ dataFolders: [rig.give('file', '')] })).toThrow(/got a file \(--data .*file\)/);
});

describe('recheck', () => {
  it('names the item whose file is no longer what it was, and another copy is used', async () => {
    const rig = contentRig();
    const items = await itemsOf(arrayAt(rig.write('a.npy', 'bytes of a')), arrayAt(rig.write('b.npy', 'bytes of b')));
    const bad = rig.give('a.npy', 'bytes of a');
    rig.give('b.npy', 'bytes of b');
    const store = rig.store();
    await store.resolve(items);
    writeFileSync(bad, 'bytes 0f a');

    const found = await store.recheck(items);
    expect(found.map(({ token }) => token)).toEqual([items[0]!.token]);
    expect(found[0]!.message).toBe(
      `file "a.npy" (10 bytes, sha256 ${sha256('bytes of a')}): ${bad} has other bytes: ` +
        `sha256 ${sha256('bytes 0f a')}, not ${sha256('bytes of a')}`,
    );
    expect(await refusal(store.resolve(items))).toContain(`perhaps a bad copy: ${bad}`);
    const other = rig.give('copy/a.npy', 'bytes of a');
    expect((await store.resolve(items)).get(items[0]!.token)).toBe(other);
    expect(await store.recheck(items)).toEqual([]);
  });

  it('takes what was damaged out of the cache', async () => {
    const rig = contentRig();
    const items = await itemsOf(arrayAt(rig.write('a.npy', 'bytes of a')));
    rig.give('a', 'bytes of a');
    const store = rig.store();
    const path = (await store.resolve(items)).get(items[0]!.token)!;
    writeFileSync(path, 'bytes 0f a');

    expect(await store.recheck(items)).toHaveLength(1);
    expect(readdirSync(join(rig.cache, 'items'))).toEqual([]);
    expect((await store.resolve(items)).get(items[0]!.token)).toBe(path);
    expect(readFileSync(path, 'utf8')).toBe('bytes of a');
  });

  it('names what is gone', async () => {
    const rig = contentRig();
    const items = await itemsOf(arrayAt(rig.write('a.npy', 'bytes of a')));
    const path = rig.give('a.npy', 'bytes of a');
    const store = rig.store();
    await store.resolve(items);
    rmSync(path);

    expect((await store.recheck(items))[0]!.message).toContain(`${path} is missing`);
  });
});

it('answers again without looking, however often jobs ask', async () => {
  const rig = contentRig();
  const items = await itemsOf(arrayAt(rig.write('a.npy', 'bytes of a')));
  const path = rig.give('a.npy', 'bytes of a');
  const store = rig.store();
  await store.resolve(items);
  renameSync(path, join(rig.home, 'elsewhere'));

  expect((await store.resolve(items)).get(items[0]!.token)).toBe(path);
});

it('lets callers wait for one search, and one of them give up', async () => {
  const rig = contentRig();
  const items = await itemsOf(arrayAt(rig.write('a.npy', 'bytes of a')));
  rig.give('a', 'bytes of a');
  const store: ContentStore = rig.store();
  const stop = new AbortController();
  const [given, up] = await Promise.allSettled([
    Promise.all(Array.from({ length: 5 }, () => store.resolve(items))),
    store.resolve(items, AbortSignal.any([stop.signal, AbortSignal.abort(new Error('enough'))])),
  ]);

  expect(given.status).toBe('fulfilled');
  expect(up).toMatchObject({ status: 'rejected', reason: { message: 'enough' } });
});
