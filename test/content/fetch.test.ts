import { execFileSync, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeContent } from '../../src/content/describe-content.js';
import type { ContentItem } from '../../src/content/content-item.js';
import { parseFetchBase } from '../../src/content/fetch/fetch-base.js';
import { arrayAt, contentRig, refusal, sha256, writeBelow, type ContentRig } from './content-rig.js';
import { serve } from './file-server.js';

const BYTES = 'the bytes of an array';
const HASH = sha256(BYTES);

async function itemOf(rig: ContentRig, content = BYTES): Promise<ContentItem> {
  const source = arrayAt(rig.write('val.npy', content));
  return (await describeContent({ models: [], sources: [source], tasks: [] })).items[0]!;
}

/** What a server that answers so leads to, and that nothing of it stays. */
async function refusalBy(answer: (request: IncomingMessage, response: ServerResponse) => void, silentMs = 60_000) {
  const rig = contentRig();
  const item = await itemOf(rig);
  const { address, asked } = await serve(answer);
  const told = await refusal(rig.store({ fetchFrom: [address], silentMs }).resolve([item]));
  expect(readdirSync(join(rig.cache, 'items'))).toEqual([]);
  expect(readdirSync(join(rig.cache, 'temporary'))).toEqual([]);
  expect(told).toContain(`file "val.npy" (${BYTES.length} bytes, sha256 ${HASH}) is not below --data`);
  return { told, asked, address };
}

describe('a file that is not below --data', () => {
  it('is fetched by its sha256 from the first place that has it, and kept', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    const empty = await serve((_, response) => response.writeHead(404).end());
    const full = await serve((_, response) => response.end(BYTES));
    const options = { fetchFrom: [empty.address, `${full.address}/data sets/`] };
    const store = rig.store(options);

    const path = (await store.resolve([item])).get(item.token)!;
    expect(basename(path)).toBe('val.npy');
    expect(readFileSync(path, 'utf8')).toBe(BYTES);
    expect(empty.asked).toEqual([`/${HASH}`]);
    expect(full.asked).toEqual([`/data%20sets/${HASH}`]);

    await store.close();
    expect((await rig.store(options).resolve([item])).get(item.token)).toBe(path);
    expect(full.asked).toHaveLength(1);
  });

  it('is fetched for a folder, beside the files that are there', async () => {
    const rig = contentRig();
    for (let index = 0; index < 30; index += 1) rig.write(`set/${index}.npy`, `array ${index}`);
    const { items } = await describeContent({
      ...{ models: [], tasks: [] },
      sources: [{ format: 'npyFolder', path: join(rig.home, 'set'), labels: null, groundTruth: null }],
    });
    const names = new Map(items[0]!.files.map((file) => [file.sha256, file.name]));
    for (let index = 0; index < 10; index += 1) rig.give(`${index}`, `array ${index}`);
    const { address, asked } = await serve((request, response) => {
      response.end(readFileSync(join(rig.home, 'set', names.get(request.url!.slice(1))!)));
    });

    const path = (await rig.store({ fetchFrom: [address] }).resolve(items)).get(items[0]!.token)!;
    expect(asked).toHaveLength(20);
    for (let index = 0; index < 30; index += 1) {
      expect(readFileSync(join(path, `${index}.npy`), 'utf8')).toBe(`array ${index}`);
    }
  });

  it('is fetched again where the server was busy', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    let count = 0;
    const { address, asked } = await serve((request, response) => {
      count += 1;
      if (count === 1) response.writeHead(503).end();
      else if (count === 2) {
        response.writeHead(200, { 'content-length': BYTES.length });
        response.write(BYTES.slice(0, 5), () => request.socket.destroy());
      } else response.end(BYTES);
    });

    await rig.store({ fetchFrom: [address] }).resolve([item]);
    expect(asked).toHaveLength(3);
  });

  it('is fetched from a server that packs it', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    const { address } = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(BYTES));
    });

    await rig.store({ fetchFrom: [address] }).resolve([item]);
  });
});

describe('a server that', () => {
  it('has not the file is named', async () => {
    const { told, asked, address } = await refusalBy((_, response) => response.writeHead(404).end('no such key'));
    expect(told).toContain(`${address} answered 404`);
    expect(asked).toHaveLength(1);
  });

  it('has other bytes of that size is not believed', async () => {
    const { told, asked } = await refusalBy((_, response) => response.end(BYTES.toUpperCase()));
    expect(told).toContain(
      `has other bytes: expected ${BYTES.length} of sha256 ${HASH}, got sha256 ${sha256(BYTES.toUpperCase())}`,
    );
    expect(asked).toHaveLength(1);
  });

  it('announces another size is not listened to', async () => {
    const { told } = await refusalBy((_, response) => {
      response.writeHead(200, { 'content-length': 1e12 });
      response.write('x');
    });
    expect(told).toContain('got 1000000000000');
  });

  it('sends more without end is cut off', async () => {
    const { told } = await refusalBy((_, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more));
      };
      more();
    });
    expect(told).toContain(`got more than ${BYTES.length}`);
  });

  it('sends too little is not believed', async () => {
    const { told } = await refusalBy((_, response) => response.end('the bytes'));
    expect(told).toContain('got 9');
  });

  it('leads elsewhere but to https:// is not followed', async () => {
    const { told, asked } = await refusalBy((request, response) => {
      response.writeHead(302, { location: `http://${request.headers.host!}/other` }).end();
    });
    expect(told).toMatch(/answered 302, elsewhere but to https:\/\/, to http:\/\/127\.0\.0\.1:\d+/);
    expect(asked).toEqual([`/${HASH}`]);
    expect(
      (await refusalBy((_, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end())).told,
    ).toContain('answered 301, elsewhere but to https://');
  });

  it('falls silent is given up', async () => {
    const { told, asked } = await refusalBy((_, response) => response.write('the '), 100);
    expect(told).toContain('sent nothing for 0.1 s');
    expect(asked).toHaveLength(3);
  });

  it('is not there is named', async () => {
    const { told } = await refusalBy((request) => request.socket.destroy());
    expect(told).toContain(`can't be reached: `);
  });

  it('is waited for no longer than the caller does', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    const stop = new AbortController();
    const { address } = await serve((_, response) => {
      response.write('the ');
      stop.abort(new Error('the agent is stopped'));
    });

    await expect(rig.store({ fetchFrom: [address] }).resolve([item], stop.signal)).rejects.toThrow(
      'the agent is stopped',
    );
    expect(readdirSync(join(rig.cache, 'temporary'))).toEqual([]);
  });
});

describe('a place to fetch from', () => {
  it.each([
    ['http://example.org/x', 'one by http://, which anybody on the way can change'],
    ['ftp://example.org/x', 'one by ftp://'],
    ['file:///data', 'one by file://'],
    ['https://me:secret@example.org/x', 'one with a password'],
    ['https://example.org/x?token=secret', 'one with a query'],
    ['s3:///x', 'one without a bucket'],
    ['/data', 'no address'],
  ])('%s is refused', (text, why) => {
    expect(() => parseFetchBase(text)).toThrow(why);
    expect(() => parseFetchBase('https://me:secret@example.org/x')).not.toThrow('secret');
  });

  it.each([
    'https://example.org/a/b',
    'http://localhost:80',
    'http://127.0.0.1:9000/x',
    'http://[::1]/',
    's3://bucket',
  ])('%s is one', (text) => {
    expect(parseFetchBase(text).text).toBe(text);
  });
});

/** Signature of a request as "Signature Version 4" has it, written out. */
function signatureOf({ method, url, headers }: IncomingMessage, secret: string): string {
  const [, date, region, signedHeaders] =
    /^AWS4-HMAC-SHA256 Credential=KEY\/(\d{8})\/([\w-]+)\/s3\/aws4_request, SignedHeaders=([\w;-]+), Signature=/.exec(
      headers.authorization!,
    )!;
  const canonical = [
    method,
    url,
    '',
    ...signedHeaders!.split(';').map((name) => `${name}:${String(headers[name])}`),
    '',
    signedHeaders,
    headers['x-amz-content-sha256'],
  ].join('\n');
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], `${date!}/${region!}/s3/aws4_request`];
  text.push(createHash('sha256').update(canonical).digest('hex'));
  const key = [region!, 's3', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${secret}`, date!));
  return hmac(key, text.join('\n')).toString('hex');
}

describe('s3://', () => {
  const credentials = { AWS_ACCESS_KEY_ID: 'KEY', AWS_SECRET_ACCESS_KEY: 'SECRET', AWS_REGION: 'eu-central-1' };
  const bucket = (secret: string) =>
    serve((request, response) => {
      const { headers } = request;
      const isSigned = headers.authorization?.endsWith(`Signature=${signatureOf(request, secret)}`) === true;
      const isComplete = headers.authorization!.includes('eu-central-1') && headers['x-amz-security-token'] === 'TOKEN';
      response.writeHead(isSigned && isComplete ? 200 : 403).end(BYTES);
    });

  it('is asked with signed requests', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    const { address, asked } = await bucket('SECRET');
    const environment = { ...credentials, AWS_SESSION_TOKEN: 'TOKEN', AWS_ENDPOINT_URL_S3: address };
    const store = rig.store({ fetchFrom: ['s3://models/by-hash/'], environment });

    expect(readFileSync((await store.resolve([item])).get(item.token)!, 'utf8')).toBe(BYTES);
    expect(asked).toEqual([`/models/by-hash/${HASH}`]);
  });

  it('that refuses the credentials is named, and the secret is not', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    const { address } = await bucket('ANOTHER');
    const environment = { ...credentials, AWS_SESSION_TOKEN: 'TOKEN', AWS_ENDPOINT_URL_S3: address };

    const told = await refusal(rig.store({ fetchFrom: ['s3://models'], environment }).resolve([item]));
    expect(told).toContain('s3://models answered 403');
    expect(told).not.toMatch(/SECRET|TOKEN|KEY/);
  });

  it('needs credentials, and an endpoint that nobody on the way can change', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    const told = (environment: Readonly<Record<string, string>>) =>
      refusal(rig.store({ fetchFrom: ['s3://models'], environment }).resolve([item]));
    expect(await told({})).toContain('got no AWS_ACCESS_KEY_ID');
    expect(await told({ AWS_ACCESS_KEY_ID: 'KEY' })).toContain('got no AWS_SECRET_ACCESS_KEY');
    expect(await told({ ...credentials, AWS_ENDPOINT_URL_S3: 'http://example.org' })).toContain(
      'Expected AWS_ENDPOINT_URL_S3 to be an https:// address, got http://example.org',
    );
  });

  it('that leads to another region says which variables to check', async () => {
    const rig = contentRig();
    const item = await itemOf(rig);
    const { address } = await serve((_, response) =>
      response.writeHead(301, { location: 'https://example.org' }).end(),
    );
    const environment = { ...credentials, AWS_ENDPOINT_URL_S3: address };
    expect(await refusal(rig.store({ fetchFrom: ['s3://models'], environment }).resolve([item]))).toContain(
      's3://models answered 301, another region or endpoint: check AWS_REGION and AWS_ENDPOINT_URL_S3',
    );
  });
});

it('follows a server to https:// whose certificate is trusted', async () => {
  const rig = contentRig();
  const item = await itemOf(rig);
  const [key, certificate] = [join(rig.home, 'key.pem'), join(rig.home, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const output = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...output], {
    stdio: 'ignore',
  });
  const secure = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
    response.end(request.url === '/real' ? BYTES : 'other');
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    secure.closeAllConnections();
    secure.close();
  });
  const location = `https://localhost:${(secure.address() as AddressInfo).port}/real`;
  const { address } = await serve((_, response) => response.writeHead(302, { location }).end());

  mkdirSync(rig.cache);
  const options = { dataFolders: [], cacheFolder: rig.cache, cacheBytes: 1e6, fetchFrom: [address], allowedCode: [] };
  const job = writeBelow(rig.home, 'job.json', JSON.stringify({ options, items: [item] }));
  const resolved = await resolveInChild(job, { NODE_EXTRA_CA_CERTS: certificate });
  expect(resolved).toMatchObject({ paths: [[item.token, expect.stringContaining('val.npy')]] });
  const untrusted = await resolveInChild(job, { QUANTSWEEP_CACHE: join(rig.home, 'other') });
  expect(untrusted.error).toMatch(/can't be reached: self.signed certificate/);
  expect(existsSync(join(rig.home, 'other', 'items'))).toBe(true);
});

interface ChildsAnswer {
  readonly paths?: readonly (readonly [string, string])[];
  readonly error?: string;
}

async function resolveInChild(job: string, environment: Readonly<Record<string, string>>): Promise<ChildsAnswer> {
  const script = fileURLToPath(new URL('resolve-process.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, job], { env: { ...process.env, ...environment } });
  let text = '';
  child.stdout.on('data', (piece: Buffer) => (text += piece.toString()));
  child.stderr.pipe(process.stderr);
  await new Promise((resolve) => child.on('close', resolve));
  return JSON.parse(text) as ChildsAnswer;
}
