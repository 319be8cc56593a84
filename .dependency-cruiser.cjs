/** The direction of imports: cli -> schedule/report -> runtime/store -> data -> pure folders. */
const pure = '^src/(graph|smooth|quantize|calibrate|evaluate|experiment|plan)/';

function onlyFrom(name, comment, module, allowed) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: '^src/', pathNot: allowed },
    to: { path: module },
  };
}

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'cli-is-the-top', severity: 'error', from: { pathNot: '^src/cli/' }, to: { path: '^src/cli/' } },
    {
      name: 'schedule-and-report-below-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|schedule|report)/' },
      to: { path: '^src/(schedule|report)/' },
    },
    {
      name: 'report-knows-no-machinery',
      comment: 'the report sees the database through a query function only',
      severity: 'error',
      from: { path: '^src/report/' },
      to: { path: '^src/(schedule|runtime|store|data)/' },
    },
    {
      name: 'runtime-and-store-apart',
      severity: 'error',
      from: { path: '^src/runtime/' },
      to: { path: '^src/store/' },
    },
    {
      name: 'store-and-runtime-apart',
      severity: 'error',
      from: { path: '^src/store/' },
      to: { path: '^src/(runtime|data)/' },
    },
    {
      name: 'pure-core',
      comment: 'no session, no database, no file in the pure folders; types of a dataset are fine',
      severity: 'error',
      from: { path: pure },
      to: { path: '^src/(data|runtime|store|schedule|report)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-core-reads-no-files',
      severity: 'error',
      from: { path: pure },
      to: { path: '^(node:)?(fs|fs/promises|child_process|os|worker_threads|net|http)$' },
    },
    onlyFrom('onnxruntime-behind-one-file', '', 'node_modules/onnxruntime-node', '^src/runtime/session\\.ts$'),
    onlyFrom('sharp-behind-one-file', '', 'node_modules/sharp', '^src/data/decode-image\\.ts$'),
    onlyFrom('sqlite-behind-the-store', '', 'node_modules/better-sqlite3', '^src/store/'),
    onlyFrom('queue-behind-the-scheduler', '', 'node_modules/p-queue', '^src/schedule/'),
    onlyFrom('yargs-behind-the-cli', '', 'node_modules/yargs', '^src/cli/'),
    onlyFrom('vega-behind-the-report', '', 'node_modules/vega', '^src/report/'),
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
