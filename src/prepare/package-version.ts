import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** Version of quantsweep. */
export function ownVersion(): string {
  return packageVersion('../../package.json');
}

/** Version field of a package.json, by path relative to this file or by package name. */
export function packageVersion(path: string): string {
  return (require(path) as { readonly version: string }).version;
}
