import type { ByteSource } from './file-source.js';

/** Closes `source` when `build` throws; what it returns owns it otherwise. */
export function closeOnError<T>(source: ByteSource, build: (source: ByteSource) => T): T {
  try {
    return build(source);
  } catch (error) {
    source.close();
    throw error;
  }
}

/** Closes `source` when it is read. */
export function closeAfter<T>(source: ByteSource, read: (source: ByteSource) => T): T {
  try {
    return read(source);
  } finally {
    source.close();
  }
}
