// Required by every process of an agent (NODE_OPTIONS), see machine.ts: makes it the machine that the
// files of a folder describe.
const { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { join } = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');

const folder = process.env.QUANTSWEEP_TEST_MACHINE;
const isChild = process.send !== undefined;
const has = (name) => existsSync(join(folder, name));
/** What an agent asks of its machine before it takes work: these are left alone. */
const agentsOwn = ['numerics', 'probe'];
/** Kind of the job that this child runs. */
let kind;

// Another version of the runtime, as far as anybody asks.
if (has('onnxruntime')) {
  require('onnxruntime-node/package.json').version = readFileSync(join(folder, 'onnxruntime'), 'utf8');
}

if (isChild) {
  writeFileSync(join(folder, `child-${process.pid}`), '');
  process.on('exit', () => rmSync(join(folder, `child-${process.pid}`), { force: true }));
  noteJobs();
  const { InferenceSession } = require('onnxruntime-node');
  const { run } = InferenceSession.prototype;
  InferenceSession.prototype.run = async function (...given) {
    const isOfSweep = !agentsOwn.includes(kind);
    while (isOfSweep && has('hold')) {
      if (!has('held')) writeFileSync(join(folder, 'held'), String(process.pid));
      await pause(20);
    }
    if (isOfSweep && has('device-lost')) throw new Error('CUDA failure 719: unspecified launch failure');
    const outputs = await run.apply(this, given);
    if (has('rounding')) for (const output of Object.values(outputs)) round(output);
    return outputs;
  };
}

/** As another instruction set does: in the last bit. */
function round({ type, data }) {
  if (type !== 'float32') return;
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  for (let i = 0; i < bits.length; i += 7) if (Number.isFinite(data[i]) && data[i] !== 0) bits[i] ^= 1;
}

/** Writes down each job that this child begins and finishes: what it is about, and its paths. */
function noteJobs() {
  const jobs = new Map();
  const note = (what, job) => appendFileSync(join(folder, 'jobs'), `${JSON.stringify({ what, ...job })}\n`);
  process.prependListener('message', ({ id, spilled }) => {
    if (spilled === undefined) return;
    const { job, files } = spilled;
    kind = job.kind;
    const paths = [];
    // Paths are each machine's own; of large values a little says which they are.
    const text = JSON.stringify(job, (name, value) => {
      if (typeof value === 'string' && value.startsWith('/') && existsSync(value)) {
        paths.push(value);
        return '';
      }
      if (value instanceof Map) return [...value];
      return ArrayBuffer.isView(value) ? [value.length, ...value.subarray(0, 16)].map(String) : value;
    });
    const hash = createHash('sha256').update(text);
    for (const [field, path] of Object.entries(files)) hash.update(field).update(readFileSync(path));
    const described = { kind: job.kind, about: hash.digest('hex').slice(0, 12), paths };
    jobs.set(id, described);
    note('began', described);
  });
  const { send } = process;
  process.send = (message, ...rest) => {
    if (message.kind === 'result') note('finished', jobs.get(message.id));
    return send.call(process, message, ...rest);
  };
}
