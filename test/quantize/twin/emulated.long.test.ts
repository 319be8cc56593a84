import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../../src/onnx/onnx-model.js';
import { placedQdqModel } from '../../../src/quantize/graph/placed-qdq-graph.js';
import { twinModel } from '../../../src/quantize/graph/twin-model.js';
import { pathOfProgram } from '../../support/path-of-program.js';
import { depthwiseCase, levelsBatch, saturatingCases } from './saturating-cases.js';
import { oneThread, prepareCase, run } from './twin-case.js';

const emulator = pathOfProgram('qemu-x86_64-static');
const script = new URL('run-emulated.cjs', import.meta.url).pathname;
const cases = Object.entries({ ...saturatingCases, depthwise: depthwiseCase });

describe('the twin of onnxruntime on x86 without VNNI', () => {
  it.each(['Haswell-v4', 'Skylake-Client-v4'])(
    'equals the runtime on an emulated %s in every value',
    async (processor) => {
      if (emulator === null) {
        console.log('qemu-x86_64-static is not installed: no processor without VNNI is tried.');
        return;
      }
      const folder = mkdtempSync(join(tmpdir(), 'quantsweep-emulated-'));
      try {
        for (const [index, [, given]] of cases.entries()) {
          writeFileSync(join(folder, `${index}.onnx`), encodeModel(placedQdqModel(prepareCase(given), {})));
          writeFileSync(join(folder, `${index}.in`), new Uint8Array(levelsBatch(given).data.buffer));
        }
        const list = cases.map(([, { inputShape: dims }], index) => ({ name: String(index), dims }));
        writeFileSync(join(folder, 'cases.json'), JSON.stringify(list));
        execFileSync(emulator, ['-cpu', processor, process.execPath, script, folder], {
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        for (const [index, [name, given]] of cases.entries()) {
          const bytes = new Uint8Array(readFileSync(join(folder, `${index}.out`)));
          const twin = await run(encodeModel(twinModel(prepareCase(given))), levelsBatch(given), oneThread);
          const emulated = new Float32Array(bytes.buffer);
          const differing = twin['y']!.data.filter((value, i) => value !== emulated[i]).length;
          expect({ name, differing }).toEqual({ name, differing: 0 });
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    600_000,
  );
});
