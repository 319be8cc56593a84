import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import { BrokerUsageError } from './broker-error.js';

/** Where the broker is and how to be let in. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  /** Number of the database, 0 as a rule. */
  readonly database: number;
  readonly tls: boolean;
  /** Certificates (PEM) that the broker's own must go back to; null: those that Node trusts. */
  readonly ca: string | null;
  readonly user: string | null;
  readonly password: string | null;
  /** Key of the HMAC over every message. */
  readonly secret: string;
  /** For people: without credentials. */
  readonly text: string;
}

/** The environment variables that credentials come from. */
const variables = {
  user: 'QUANTSWEEP_BROKER_USER',
  password: 'QUANTSWEEP_BROKER_PASSWORD',
  secret: 'QUANTSWEEP_BROKER_SECRET',
  ca: 'QUANTSWEEP_BROKER_CA',
} as const;

type Credentials = { readonly [Name in keyof typeof variables]?: string };

const SHORTEST_SECRET = 32;
const DEFAULT_PORT = 6379;

/**
 * Reads a broker's address and finds its credentials, which are never on the command line, where
 * other users of the machine see them, nor in an experiment file.
 *
 * @param url `redis://` to this machine, `rediss://` (TLS) to any
 * @param file with lines `user=`, `password=`, `secret=`, and `ca=` with a path relative to the
 *   file; those in the environment take their place. Null: the one that
 *   QUANTSWEEP_BROKER_CREDENTIALS names, if it names one
 * @throws BrokerUsageError
 */
export function brokerAddress(
  url: string,
  file: string | null = null,
  environment: NodeJS.ProcessEnv = process.env,
): BrokerAddress {
  const { protocol, hostname, port, pathname, username, password, search, hash } = parse(url);
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw new BrokerUsageError(
      `Expected a broker of redis:// or rediss://, as --broker redis://localhost:6379, got ${withoutCredentials(url)}.`,
    );
  }
  if (username !== '' || password !== '') {
    throw new BrokerUsageError(
      `--broker holds a user or password, which every user of this machine can read in the list of processes. Leave them out, and set ${variables.user} and ${variables.password}, or give --credentials FILE.`,
    );
  }
  const database = /^\/?(\d*)$/.exec(pathname)?.[1];
  if (hostname === '' || database === undefined || search !== '' || hash !== '') {
    throw new BrokerUsageError(
      `Expected --broker redis://HOST:PORT or rediss://HOST:PORT, got ${withoutCredentials(url)}.`,
    );
  }
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const tls = protocol === 'rediss:';
  const text = `${protocol}//${hostname}:${port === '' ? DEFAULT_PORT : port}`;
  if (!tls && !isLoopback(host)) {
    throw new BrokerUsageError(
      `${text} would send credentials, models' settings and results in the clear. Use rediss:// (TLS); redis:// is for this machine alone (localhost).`,
    );
  }
  const given = credentials(file ?? environment['QUANTSWEEP_BROKER_CREDENTIALS'] ?? null, environment);
  const secret = given.secret ?? '';
  if (secret.length < SHORTEST_SECRET) {
    throw new BrokerUsageError(
      `Expected a secret of at least ${SHORTEST_SECRET} characters in ${variables.secret} or in the credentials file, got ${secret === '' ? 'none' : `${secret.length}`}. It signs every message, so that whoever else can write to the broker commands no agent. One for all machines: openssl rand -hex 32`,
    );
  }
  return {
    host,
    port: port === '' ? DEFAULT_PORT : Number(port),
    database: Number(database),
    tls,
    ca: given.ca === undefined ? null : readCertificates(given.ca),
    user: given.user ?? null,
    password: given.password ?? null,
    secret,
    text,
  };
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new BrokerUsageError(
      `Expected --broker redis://HOST:PORT or rediss://HOST:PORT, got ${url === '' ? 'nothing' : withoutCredentials(url)}.`,
    );
  }
}

/** A password in the address is not repeated: messages end in logs. */
function withoutCredentials(url: string): string {
  // Also of what is no address: a password may hold any character.
  return url.replace(/^([^/]*\/\/)?.*@/s, '$1***@');
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1';
}

function credentials(file: string | null, environment: NodeJS.ProcessEnv): Credentials {
  const found: { -readonly [Name in keyof Credentials]: Credentials[Name] } =
    file === null ? {} : readCredentials(file);
  for (const [name, variable] of Object.entries(variables) as [keyof Credentials, string][]) {
    const value = environment[variable];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

function readCredentials(path: string): Credentials {
  const text = readText(path, 'the file of credentials', '--credentials or QUANTSWEEP_BROKER_CREDENTIALS');
  // Windows has no such bits: Node shows them as set.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
    throw new BrokerUsageError(`${path} holds credentials and can be read by others. chmod 600 ${path}`);
  }
  const found: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined || value === undefined || !(name in variables)) {
      throw new BrokerUsageError(
        `${path}, line ${index + 1}: expected ${Object.keys(variables).join('=, ')}= with a value, got something else.`,
      );
    }
    // Copied with the file to another machine, the certificates are still beside it.
    found[name] = name === 'ca' ? resolve(dirname(path), value) : value;
  }
  return found;
}

function readCertificates(path: string): string {
  const text = readText(
    path,
    'the certificates of the broker',
    `${variables.ca} or the line ca= of the credentials file`,
  );
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new BrokerUsageError(`${path}: expected certificates (PEM) for the broker, got something else.`);
  }
  return text;
}

/** @param where the path was given */
function readText(path: string, what: string, where: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new BrokerUsageError(`quantsweep can't read ${what}, ${path}: ${code}. Check ${where}.`, { cause });
  }
}
