import { DatasetError } from '../../formats/dataset-error.js';
import { closeAfter } from '../../formats/io/closing.js';
import { openFile } from '../../formats/io/file-source.js';

/** V8 has no longer strings than these bytes make. */
const MAX_TRUTH_BYTES = 500 * 1024 * 1024;

/** The text of a file of ground truth, without a byte order mark. @throws DatasetError */
export function readTruthText(path: string): string {
  return closeAfter(openFile(path), (source) => {
    if (source.sizeBytes > MAX_TRUTH_BYTES) {
      const expected = `ground truth of at most ${MAX_TRUTH_BYTES} bytes`;
      throw new DatasetError({ expected, got: String(source.sizeBytes), where: path });
    }
    const bytes = Buffer.alloc(source.sizeBytes);
    source.read(0, bytes);
    return bytes.toString('utf8').replace(/^\uFEFF/, '');
  });
}
