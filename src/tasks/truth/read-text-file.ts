import { DatasetError } from '../../formats/dataset-error.js';
import { closeAfter } from '../../formats/io/closing.js';
import { openFile } from '../../formats/io/file-source.js';

const MAX_BYTES = 512 * 1024 * 1024;

/**
 * The text of a UTF-8 file, without a byte order mark. @throws DatasetError when it can't be read
 */
export function readTextFile(path: string): string {
  return closeAfter(openFile(path), (source) => {
    if (source.sizeBytes > MAX_BYTES) {
      throw new DatasetError({
        expected: `a text file of at most ${MAX_BYTES} bytes`,
        got: String(source.sizeBytes),
        where: path,
      });
    }
    const bytes = Buffer.alloc(source.sizeBytes);
    source.read(0, bytes);
    const text = bytes.toString('utf8');
    return text.startsWith('\ufeff') ? text.slice(1) : text;
  });
}

/** The value of a JSON file. @throws DatasetError when it is none */
export function readJsonFile(path: string): unknown {
  try {
    return JSON.parse(readTextFile(path)) as unknown;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DatasetError({ expected: 'JSON', got: cause.message, where: path });
  }
}
