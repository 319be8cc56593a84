import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from '../../src/formats/data-source.js';
import { int16, wav, wavChunk } from '../formats/wav-bytes.js';
import type { FuzzFormat } from './fuzz-case.js';
import { mutateBytes } from './mutate-bytes.js';
import { readSamples, somePreprocess } from './read-samples.js';

const samples = int16(...Array.from({ length: 40 }, (_, i) => ((i * 7919) % 65536) - 32768));
const list = wavChunk('LIST', Buffer.from('INFOISFT\x05\0\0\0Lavf\0\0', 'latin1'));

export const wavFormat: FuzzFormat = {
  name: 'WAV',
  weight: 3,
  makeCase(random) {
    const [format, bits] = random.pick([[1, 8] as const, [1, 16] as const, [1, 32] as const, [3, 32] as const]);
    const extensible = random.chance(0.3);
    const sound = wav(samples, { format, bits, extensible, between: random.chance(0.5) ? [list] : [] });
    const mutated = mutateBytes(Uint8Array.from(sound), random);
    const settings = {
      sampleRate: random.pick([null, null, null, 16000, 8000]),
      length: random.pick([null, 1, 10, 40, 100_000, 2 ** 31]),
      align: random.pick(['start', 'center', 'end'] as const),
      channelAxis: random.chance(0.7),
    };
    const preprocess = somePreprocess(random);
    return {
      what: `${mutated.what} of format ${format}, ${bits} bits, ${JSON.stringify(settings)}`,
      async read(folder) {
        const path = join(folder, 'sounds');
        rmSync(path, { recursive: true, force: true });
        mkdirSync(path);
        writeFileSync(join(path, 'a.wav'), mutated.bytes);
        const source: DataSource = { format: 'wavFolder', path, labels: null, ...settings };
        await readSamples(source, preprocess);
      },
    };
  },
};
