// Runs models under an emulated processor: each of `cases.json` in the folder that is given, from
// NAME.onnx and NAME.in to NAME.out, float32.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const ort = require('onnxruntime-node');

(async () => {
  const folder = process.argv[2];
  for (const { name, dims } of JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'))) {
    const session = await ort.InferenceSession.create(join(folder, `${name}.onnx`), { intraOpNumThreads: 1 });
    const bytes = readFileSync(join(folder, `${name}.in`));
    const data = new Float32Array(new Uint8Array(bytes).buffer);
    const { y } = await session.run({ x: new ort.Tensor('float32', data, dims) });
    writeFileSync(join(folder, `${name}.out`), new Uint8Array(y.data.buffer, y.data.byteOffset, y.data.byteLength));
  }
})();
