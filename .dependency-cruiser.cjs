/**
 * Imports run one way. Each folder of src/ lists the folders that it may import, type imports included; a folder that
 * is not listed may not be imported. The list is in order: a folder names only folders above it, so no group of folders
 * can import each other.
 */
const mayImport = {
  memo: [],
  text: [],
  schema: [],
  errors: ['text'],
  statistics: [],
  frontier: [],
  onnx: ['memo', 'text', 'errors'],
  records: ['errors', 'statistics', 'onnx'],
  calibrate: ['onnx', 'records'],
  targets: ['text', 'onnx', 'calibrate'],
  smooth: ['text', 'onnx', 'records', 'calibrate', 'targets'],
  formats: ['text', 'schema', 'errors', 'statistics', 'onnx'],
  tasks: ['text', 'schema', 'errors', 'statistics', 'records', 'formats'],
  reference: ['statistics', 'records', 'formats', 'tasks'],
  experiment: [
    ...['memo', 'text', 'schema', 'errors', 'onnx', 'records', 'calibrate', 'targets', 'smooth', 'formats', 'tasks'],
  ],
  quantize: ['text', 'onnx', 'records', 'calibrate', 'targets', 'smooth', 'experiment'],
  losses: ['statistics', 'onnx', 'records', 'calibrate', 'experiment', 'quantize'],
  equivalence: ['errors', 'onnx', 'smooth', 'quantize', 'losses'],
  plan: ['frontier', 'memo', 'text', 'calibrate', 'targets', 'smooth', 'formats', 'tasks', 'experiment'],
  engine: [
    ...['memo', 'errors', 'statistics', 'onnx', 'records', 'calibrate', 'targets', 'smooth', 'formats', 'tasks'],
    ...['reference'],
    ...['experiment', 'quantize', 'losses', 'equivalence', 'plan'],
  ],
  content: ['text', 'schema', 'errors', 'onnx', 'formats', 'tasks', 'plan', 'engine'],
  store: [
    'errors',
    'statistics',
    'records',
    'calibrate',
    'targets',
    'smooth',
    'reference',
    'experiment',
    'quantize',
    'plan',
  ],
  prepare: [
    ...['text', 'errors', 'onnx', 'records', 'calibrate', 'targets', 'smooth', 'formats', 'tasks', 'experiment'],
    ...['quantize', 'plan', 'engine', 'store'],
  ],
  guess: [],
  inspect: ['text', 'errors', 'onnx', 'formats', 'experiment', 'quantize', 'engine', 'prepare', 'guess'],
  broker: [...['text', 'errors', 'records', 'formats', 'tasks', 'experiment', 'engine', 'content', 'prepare']],
  schedule: [
    ...['errors', 'onnx', 'records', 'calibrate', 'targets', 'formats', 'tasks', 'reference', 'experiment', 'quantize'],
    ...['statistics', 'frontier'],
    ...['losses'],
    ...['equivalence', 'plan', 'engine', 'store', 'prepare'],
  ],
  export: [
    'errors',
    'onnx',
    'calibrate',
    'targets',
    'formats',
    'tasks',
    'experiment',
    'quantize',
    'engine',
    'store',
    'prepare',
  ],
  speed: [
    ...['errors', 'onnx', 'records', 'statistics', 'targets', 'formats', 'tasks', 'experiment', 'plan', 'engine'],
    ...['store', 'prepare', 'export'],
  ],
  report: ['statistics', 'calibrate', 'targets', 'smooth', 'tasks'],
  serve: ['errors', 'store', 'report'],
  api: [
    'frontier',
    ...['errors', 'text', 'formats', 'tasks', 'experiment', 'plan', 'records', 'engine', 'store', 'prepare'],
    ...['schedule', 'onnx', 'export', 'speed', 'guess', 'inspect', 'broker', 'report'],
  ],
  cli: [
    ...['text', 'guess', 'errors', 'records', 'formats', 'engine', 'store', 'prepare', 'schedule', 'export'],
    ...['report', 'serve', 'api'],
  ],
};

/** Folders that open no file, process, thread or socket. */
const pure = [
  ...['memo', 'text', 'schema', 'statistics', 'onnx', 'records', 'calibrate', 'targets', 'smooth', 'reference'],
  ...['quantize', 'losses', 'equivalence', 'plan', 'guess'],
];

/** Each outside package has one folder, or one file, that may import it. */
const packages = {
  '@bufbuild/protobuf': '^src/onnx/',
  aws4fetch: '^src/content/',
  '(bullmq|ioredis)': '^src/broker/',
  'better-sqlite3': '^src/store/',
  'onnxruntime-node': '^src/engine/session/session\\.ts$',
  'p-queue': '^src/schedule/',
  sharp: '^src/formats/(io/load-sharp|image-folder/decode-image)\\.ts$',
  '@dagrejs/dagre': '^src/report/',
  '(vega|vega-lite|vega-interpreter)': '^src/report/',
  yaml: '^src/experiment/',
  yargs: '^src/cli/',
};

/** The same for the folders of report/. Files beside them are for all of them and import none, but for the server's door. */
const reportMayImport = {
  addresses: [],
  charts: [],
  facts: ['addresses', 'charts'],
  questions: ['facts'],
  answers: ['facts', 'questions'],
  figures: ['addresses', 'charts', 'facts', 'questions', 'answers'],
  browser: ['addresses', 'charts'],
  output: ['addresses', 'charts', 'facts', 'questions', 'answers', 'figures', 'browser'],
  pages: ['addresses', 'charts', 'facts', 'questions', 'answers', 'figures', 'browser', 'output'],
};

const folders = Object.keys(mayImport);
for (const [at, folder] of folders.entries()) {
  for (const other of mayImport[folder]) {
    if (folders.indexOf(other) >= at)
      throw new Error(`${folder} may import ${other} only if ${other} is listed above it`);
  }
}

module.exports = {
  forbidden: [
    { name: 'no-circular', comment: 'type imports count', severity: 'error', from: {}, to: { circular: true } },
    ...folders.map((folder) => ({
      name: `${folder}-imports-what-it-may`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: '^src/', pathNot: `^src/(${[folder, ...mayImport[folder]].join('|')})/` },
    })),
    ...Object.entries(reportMayImport).map(([folder, others]) => ({
      name: `report-${folder}-imports-what-it-may`,
      severity: 'error',
      from: { path: `^src/report/${folder}/` },
      to: { path: '^src/report/[^/]+/', pathNot: `^src/report/(${[folder, ...others].join('|')})/` },
    })),
    {
      name: 'files-beside-report-folders-import-none',
      severity: 'error',
      from: { path: '^src/report/[^/]+\\.ts$', pathNot: '^src/report/served-report\\.ts$' },
      to: { path: '^src/report/[^/]+/' },
    },
    {
      name: 'serve-knows-one-file-of-report',
      severity: 'error',
      from: { path: '^src/serve/' },
      to: { path: '^src/report/', pathNot: '^src/report/served-report\\.ts$' },
    },
    {
      name: 'browser-client-is-imported-by-nothing-else',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/report/browser/client/' },
      to: { path: '^src/report/browser/client/' },
    },
    {
      name: 'the-door-opens-the-api',
      comment: 'src/index.ts exports the functions of src/api and the types and errors that they name',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/index\\.ts$' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'every-folder-is-listed',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: `^src/(${folders.join('|')})/` },
      to: {},
    },
    {
      name: 'pure-folders-open-nothing',
      severity: 'error',
      from: { path: `^src/(${pure.join('|')})/` },
      to: { path: '^(node:)?(fs|fs/promises|child_process|os|worker_threads|net|http)$' },
    },
    ...Object.entries(packages).map(([name, folder]) => ({
      name: `${name.replaceAll(/[^\w-]/g, '')}-in-one-room`,
      severity: 'error',
      from: { path: '^src/', pathNot: folder },
      to: { path: `node_modules/${name}/` },
    })),
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' }, to: {} },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
