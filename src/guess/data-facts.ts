/** Samples as a source of an experiment reads them, and truth that lies beside them. Plain data. */
export interface DataFacts {
  readonly calibration: SampleSet;
  readonly evaluation: SampleSet;
  /** True: both are the same samples, as there is no split. */
  readonly isOneSet: boolean;
  readonly truths: readonly TruthFacts[];
  /** For people: what was found and not used. */
  readonly notes: readonly string[];
}

export interface SampleSet {
  readonly format: 'imageFolder' | 'wavFolder' | 'npy' | 'npz' | 'npyFolder' | 'idx' | 'cifar10';
  /** Absolute. */
  readonly path: string;
  readonly count: number;
  /** Further settings of the format; paths are absolute. */
  readonly fields: Readonly<Record<string, string>>;
  /** Names of {@link fields} that are paths. */
  readonly paths: readonly string[];
  /** Of one sample as stored; null: of pictures, which have their own. */
  readonly shape: readonly number[] | null;
  /** Whether the stored numbers are bytes. */
  readonly isBytes: boolean;
  readonly hasLabels: boolean;
  /** Classes that labels count; null: not known. */
  readonly classes: number | null;
}

interface Truth<Kind extends string> {
  readonly kind: Kind;
  /** Absolute. */
  readonly path: string;
  /** Samples of the evaluation that it has an entry for. */
  readonly matched: number;
}

export type TruthFacts =
  | (Truth<'coco'> & {
      readonly classes: readonly string[];
      /** Of an object; 0: the file has boxes alone. */
      readonly points: number;
    })
  | (Truth<'yolo'> & {
      /** One more than the largest class that was seen. */
      readonly classes: number;
    })
  | Truth<'voc'>
  | (Truth<'masks'> & { readonly values: readonly number[] })
  | Truth<'pictures'>
  | (Truth<'texts'> & { readonly alphabet: string | null })
  | Truth<'pairs'>;

export type TruthOf<Kind extends TruthFacts['kind']> = Extract<TruthFacts, { kind: Kind }>;

/** The first truth of a kind that has entries for samples. */
export function truthOf<Kind extends TruthFacts['kind']>(data: DataFacts | null, kind: Kind): TruthOf<Kind> | null {
  const found = data?.truths.find((truth): truth is TruthOf<Kind> => truth.kind === kind && truth.matched > 0);
  return found ?? null;
}
