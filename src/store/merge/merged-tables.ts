/** Which form of the program's own a blob has. */
export type PayloadForm = 'payload' | 'histograms' | 'levels' | 'numbers';

/** A table whose rows belong to one row of another. */
export interface OwnedTable {
  readonly name: string;
  /** The column that names the owner. */
  readonly owner: string;
  /** What tells the rows of one owner apart; left out: the rest of the primary key. */
  readonly identity?: readonly string[];
  /** Columns that say where or when, not what came out. */
  readonly circumstances?: readonly string[];
  /** Columns that are null where nobody found out: what one database knows, both do. */
  readonly findings?: readonly string[];
  /** Blobs of the program's own form: equal contents may have other bytes under another Node. */
  readonly payloads?: Readonly<Record<string, PayloadForm>>;
  readonly children?: readonly OwnedTable[];
}

/** Layers of a model. Why one can't be quantized is said in words, which may change. */
export const ofModel: readonly OwnedTable[] = [
  {
    name: 'layer',
    owner: 'model_id',
    identity: ['name'],
    circumstances: ['unsupported'],
    // Agents measure no model, and earlier versions counted nothing.
    findings: ['parameters', 'macs'],
    children: [{ name: 'weight_stat', owner: 'layer_id' }],
  },
];

/**
 * Graphs of models, to look at: none where an earlier version recorded the model. They are of no
 * matter to results, so one that the target has stays.
 */
export const graphOfModel: readonly OwnedTable[] = [
  { name: 'graph_node', owner: 'model_id' },
  { name: 'graph_edge', owner: 'model_id' },
];

/** Results of a finished stage, beside its own row. */
export const ofStage: readonly OwnedTable[] = [
  {
    name: 'observation',
    owner: 'stage_id',
    identity: ['batches'],
    payloads: { result: 'payload' },
    children: [
      { name: 'channel_stat', owner: 'observation_id' },
      { name: 'amax_snapshot', owner: 'observation_id' },
      { name: 'histogram', owner: 'observation_id', payloads: { bins: 'histograms' } },
    ],
  },
  { name: 'display_histogram', owner: 'stage_id', payloads: { bins: 'histograms' } },
  { name: 'moments', owner: 'stage_id', payloads: { products: 'numbers', means: 'numbers' } },
  { name: 'search_curve', owner: 'stage_id' },
  { name: 'alpha_curve', owner: 'stage_id' },
  { name: 'layer_rank', owner: 'stage_id' },
  { name: 'keep_try', owner: 'stage_id' },
  { name: 'frontier_point', owner: 'stage_id' },
  { name: 'reference_warning', owner: 'stage_id', circumstances: ['message', 'cause'] },
];

/** Finished parts of a stage that is not finished. */
export const stageParts: OwnedTable = { name: 'stage_part', owner: 'stage_id', payloads: { payload: 'payload' } };

/** Results that a trial has whether it is complete or was stopped early. */
export const ofTrial: readonly OwnedTable[] = [
  { name: 'layer_loss', owner: 'trial_id' },
  { name: 'predicted_loss', owner: 'trial_id' },
  { name: 'trial_loss', owner: 'trial_id' },
  { name: 'trial_coverage', owner: 'trial_id' },
  { name: 'quantizer', owner: 'trial_id' },
  { name: 'tensor_quantizer', owner: 'trial_id' },
  { name: 'deployment_gap', owner: 'trial_id' },
  { name: 'deployed_operator', owner: 'trial_id' },
  { name: 'smoothing', owner: 'trial_id' },
  { name: 'bias_correction', owner: 'trial_id' },
  { name: 'rounded_weight', owner: 'trial_id', payloads: { levels: 'levels' } },
];

/** Results of complete trials. */
export const ofCompleteTrial: readonly OwnedTable[] = [
  { name: 'accuracy', owner: 'trial_id' },
  { name: 'sample_outcome', owner: 'trial_id' },
];

/**
 * Speed of complete trials, each time on one machine: of what several databases measured all is
 * taken, and where two have the same comparison the target's stays.
 */
export const latencyOfTrial: OwnedTable = {
  name: 'latency',
  owner: 'trial_id',
  identity: ['device', 'batch_size', 'threads', 'host', 'cpu_model', 'onnxruntime_version'],
  children: [{ name: 'operator_time', owner: 'latency_id' }],
};

/** Evidence of an early stop, which depends on what there was to be held against. */
export const ofStoppedTrial: readonly OwnedTable[] = [{ name: 'early_stop', owner: 'trial_id' }];

/** Tables with rules of their own. */
export const identifiedTables = [
  ...[
    'environment',
    'model',
    'stage',
    'trial',
    'sweep',
    'sweep_trial',
    'sweep_stage',
    'fp32_reference',
    'attempt',
    'note',
  ],
] as const;

/**
 * Not merged: comparisons are made anew, logs of workers go; the others are about the file itself,
 * or about who writes it at the moment.
 */
export const leftOutTables = ['comparison', 'migration', 'writer', 'view_definition', 'agent', 'worker_log'] as const;

/** All tables that belong to others, children included. */
export function ownedTables(): readonly OwnedTable[] {
  const withChildren = (table: OwnedTable): readonly OwnedTable[] => [
    table,
    ...(table.children ?? []).flatMap(withChildren),
  ];
  return [
    ...ofModel,
    ...graphOfModel,
    ...ofStage,
    stageParts,
    ...ofTrial,
    ...ofCompleteTrial,
    latencyOfTrial,
    ...ofStoppedTrial,
  ].flatMap(withChildren);
}
