import type { AwsClient } from 'aws4fetch';
import { ContentError } from '../content-error.js';
import type { FetchBase } from './fetch-base.js';
import { isLoopback } from './fetch-base.js';

/** The environment variables that a place in S3 is read with. */
export type S3Environment = Readonly<Record<string, string | undefined>>;

/** Signs requests for the files of a place in S3 (SigV4). */
export type SignRequest = (sha256: string) => Promise<{ readonly url: URL; readonly headers: Headers }>;

/**
 * @param environment credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, where they are
 *   temporary, AWS_SESSION_TOKEN; AWS_REGION; AWS_ENDPOINT_URL_S3 for other services than Amazon's
 * @throws ContentError when a variable is missing or wrong, or the library that signs
 */
export async function s3Requests(
  { text, bucket, prefix }: Extract<FetchBase, { readonly kind: 's3' }>,
  environment: S3Environment,
): Promise<SignRequest> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    throw new ContentError([`Expected credentials for ${text} in the environment, got no ${missing}.`]);
  }
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'] ?? 'us-east-1';
  const folder = folderAddress(bucket, region, environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL']);
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  const Client = await signer();
  const client = new Client({
    ...{ accessKeyId, secretAccessKey, region, service: 's3', retries: 0 },
    ...(sessionToken === undefined ? {} : { sessionToken }),
  });
  return async (sha256) => {
    const url = new URL(folder);
    const parts = [url.pathname.replace(/\/+$/, ''), ...(prefix === '' ? [] : [prefix]), sha256];
    url.pathname = parts.join('/');
    const { headers } = await client.sign(url.href);
    return { url, headers };
  };
}

/** A bucket is a host of Amazon's, unless dots in its name keep certificates from fitting. */
function folderAddress(bucket: string, region: string, endpoint: string | undefined): URL {
  if (endpoint === undefined) {
    return new URL(
      bucket.includes('.')
        ? `https://s3.${region}.amazonaws.com/${bucket}`
        : `https://${bucket}.s3.${region}.amazonaws.com/`,
    );
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url === null || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)))) {
    throw new ContentError([`Expected AWS_ENDPOINT_URL_S3 to be an https:// address, got ${endpoint}.`]);
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${bucket}`;
  return url;
}

/** The library is an optional dependency, loaded where a place in S3 is configured. */
async function signer(): Promise<typeof AwsClient> {
  try {
    return (await import('aws4fetch')).AwsClient;
  } catch (cause) {
    throw new ContentError(['Fetching from s3:// needs the package aws4fetch: npm install aws4fetch.'], { cause });
  }
}
