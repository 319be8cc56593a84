import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KnownHashesFile } from '../../src/content/cache/known-hashes-file.js';
import { ProcessMarks } from '../../src/content/cache/process-marks.js';
import type { ContentItem } from '../../src/content/content-item.js';
import { describeContent } from '../../src/content/describe-content.js';
import { arrayAt, contentRig, refusal, sha256, writeBelow, type ContentRig } from './content-rig.js';
import { serve } from './file-server.js';

/** Ten bytes. */
const contentOf = (name: string): string => `content ${name}.`;

/** Items of ten bytes that lie below `--data` with another ending, so that they are copied. */
async function copied(rig: ContentRig, ...names: readonly string[]): Promise<readonly ContentItem[]> {
  const sources = names.map((name) => arrayAt(rig.write(`${name}.npy`, contentOf(name))));
  for (const name of names) rig.give(`${name}.blob`, contentOf(name));
  return (await describeContent({ models: [], sources, tasks: [] })).items;
}

function cachedNames(rig: ContentRig): readonly string[] {
  const items = join(rig.cache, 'items');
  return readdirSync(items)
    .flatMap((item) => readdirSync(join(items, item, 'content')))
    .sort();
}

describe('a cache that is full', () => {
  it('gives up what was used longest ago', async () => {
    const rig = contentRig();
    const [a, b, c, d] = await copied(rig, 'a', 'b', 'c', 'd');
    const store = rig.store({ cacheBytes: 30 });
    for (const [age, item] of [
      [3, a!],
      [2, b!],
      [1, c!],
    ] as const) {
      const path = (await store.resolve([item])).get(item.token)!;
      await store.release([item]);
      const used = Date.now() / 1000 - age * 1000;
      utimesSync(join(path, '../..'), used, used);
    }
    // Used again.
    await store.resolve([a!]);
    await store.release([a!]);
    await store.resolve([d!]);

    expect(cachedNames(rig)).toEqual(['a.npy', 'c.npy', 'd.npy']);
  });

  it('keeps what is in use, and says that there is no room', async () => {
    const rig = contentRig();
    const [a, b, c] = await copied(rig, 'a', 'b', 'c');
    const store = rig.store({ cacheBytes: 25 });
    await store.resolve([a!, b!]);
    await store.resolve([b!]);

    const told = await refusal(store.resolve([c!]));
    expect(told).toContain(`c.npy needs 10 bytes in the cache ${rig.cache}, which may hold 25; 20 are in use.`);
    expect(cachedNames(rig)).toEqual(['a.npy', 'b.npy']);
    await store.release([b!]);
    expect(await refusal(store.resolve([c!]))).toContain('20 are in use');
    await store.release([b!]);
    await store.resolve([c!]);
    expect(cachedNames(rig)).toEqual(['a.npy', 'c.npy']);
  });

  it('says what is too large for it', async () => {
    const rig = contentRig();
    const items = await copied(rig, 'a');
    expect(await refusal(rig.store({ cacheBytes: 9 }).resolve(items))).toContain(
      `a.npy has 10 bytes, but the cache ${rig.cache} may hold 9. Allow it more.`,
    );
    expect(readdirSync(join(rig.cache, 'temporary'))).toEqual([]);
  });
});

it('a cache that can not be written says so', async () => {
  const rig = contentRig();
  const items = await copied(rig, 'a');
  const file = rig.write('file', '');
  expect(await refusal(rig.store({ cacheFolder: join(file, 'cache') }).resolve(items))).toMatch(
    /The cache .*file\/cache can't be used: ENOTDIR.*Check the folder\./,
  );
});

it('what somebody changed in the cache is made anew', async () => {
  const rig = contentRig();
  const items = await copied(rig, 'a');
  const first = rig.store();
  const path = (await first.resolve(items)).get(items[0]!.token)!;
  await first.close();
  writeFileSync(path, contentOf('b'));

  expect((await rig.store().resolve(items)).get(items[0]!.token)).toBe(path);
  expect(readFileSync(path, 'utf8')).toBe(contentOf('a'));
});

describe('several agents of a machine', () => {
  interface Agent {
    readonly child: ChildProcess;
    readonly answer: Promise<string>;
  }

  function agent(rig: ContentRig, items: readonly ContentItem[], fetchFrom: string, stays = false): Agent {
    const options = {
      dataFolders: [],
      cacheFolder: rig.cache,
      cacheBytes: 1e6,
      fetchFrom: [fetchFrom],
      allowedCode: [],
    };
    const job = writeBelow(rig.home, 'job.json', JSON.stringify({ options, items }));
    const script = fileURLToPath(new URL('resolve-process.mjs', import.meta.url));
    const env = { ...process.env, ...(stays ? { QUANTSWEEP_STAY: '1' } : {}) };
    const child = spawn(process.execPath, [script, job], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    let text = '';
    const answer = new Promise<string>((resolve) => {
      child.stdout.on('data', (piece: Buffer) => {
        text += piece.toString();
        if (text.endsWith('\n')) resolve(text);
      });
      child.on('close', () => {
        resolve(text);
      });
    });
    return { child, answer };
  }

  async function items(rig: ContentRig): Promise<readonly ContentItem[]> {
    const sources = ['a', 'b'].map((name) => arrayAt(rig.write(`${name}.npy`, contentOf(name))));
    return (await describeContent({ models: [], sources, tasks: [] })).items;
  }

  const answerOf = (request: { readonly url?: string | undefined }, response: ServerResponse): void => {
    const hashes = new Map(['a', 'b'].map((name) => [`/${sha256(contentOf(name))}`, contentOf(name)]));
    response.end(hashes.get(request.url!));
  };

  it('fetch a file once, at the same time', async () => {
    const rig = contentRig();
    const { address, asked } = await serve((request, response) => setTimeout(answerOf, 300, request, response));
    const wanted = await items(rig);
    const agents = Array.from({ length: 3 }, () => agent(rig, wanted, address));
    const answers = await Promise.all(agents.map(({ answer }) => answer));

    expect(new Set(answers).size).toBe(1);
    const { paths } = JSON.parse(answers[0]!) as { readonly paths: readonly (readonly [string, string])[] };
    expect(paths.map(([token]) => token)).toEqual(wanted.map(({ token }) => token));
    expect(paths.map(([, path]) => readFileSync(path, 'utf8'))).toEqual(['a', 'b'].map(contentOf));
    expect(asked).toHaveLength(2);
    expect(readdirSync(join(rig.cache, 'temporary'))).toEqual([]);
  });

  it('keep what another one uses, until it is gone', async () => {
    const rig = contentRig();
    const { address } = await serve(answerOf);
    const { child, answer } = agent(rig, await items(rig), address, true);
    await answer;
    const own = await copied(rig, 'x');
    const store = rig.store({ cacheBytes: 25 });
    expect(await refusal(store.resolve(own))).toContain('20 are in use');

    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    await store.resolve(own);
    expect(cachedNames(rig)).toHaveLength(2);
  });

  it('clean up after one that was killed half-way', async () => {
    const rig = contentRig();
    let isFirst = true;
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { address } = await serve((request, response) => {
      if (!isFirst) {
        answerOf(request, response);
        return;
      }
      isFirst = false;
      response.writeHead(200, { 'content-length': 10 }).write('cont', begin);
    });
    const wanted = await items(rig);
    const { child } = agent(rig, wanted, address);
    await begun;
    child.kill('SIGKILL');
    await new Promise((resolve) => child.on('close', resolve));
    expect(readdirSync(join(rig.cache, 'temporary'))).toHaveLength(1);

    const paths = await rig.store({ fetchFrom: [address] }).resolve(wanted);
    expect([...paths.values()].map((path) => readFileSync(path, 'utf8')).sort()).toEqual(['a', 'b'].map(contentOf));
    expect(readdirSync(join(rig.cache, 'temporary'))).toEqual([]);
  });
});

describe('what a process of another container left', () => {
  it('stays as long as it is touched', async () => {
    const rig = contentRig();
    const path = join(rig.cache, 'temporary', `${'0'.repeat(64)}.0a0a0a0a.1.abc`);
    mkdirSync(path, { recursive: true });
    const store = rig.store();
    const found = await copied(rig, 'a', 'b');
    await store.resolve([found[0]!]);
    expect(existsSync(path)).toBe(true);

    utimesSync(path, 1, 1);
    await store.resolve([found[1]!]);
    expect(existsSync(path)).toBe(false);
  });

  it('is not taken for its own by a process of the same number', async () => {
    const rig = contentRig();
    const marks = new ProcessMarks();
    const own = marks.create();
    const before = own.replace(/[0-9a-f]+$/, '000000000000');
    expect(await marks.isLive(own, rig.data)).toBe(true);
    expect(await marks.isLive(before, rig.data)).toBe(false);
  });
});

describe('the file of hashes', () => {
  it('is written anew once most of its lines are old', async () => {
    const rig = contentRig();
    const path = join(rig.home, 'hashes.jsonl');
    const file = await KnownHashesFile.open(path);
    for (let time = 0; time < 2000; time += 1)
      file.add({ path: `/${time % 3}`, stamp: `${time}`, sha256: sha256('x') });
    await file.flush();
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2001);

    const again = await KnownHashesFile.open(path);
    expect(again.get('/1')?.stamp).toBe('1999');
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
    expect(readdirSync(rig.home)).toEqual(['hashes.jsonl']);
  });
});
