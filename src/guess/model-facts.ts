/** What the file of a model says, and what one run of it shows. Plain data. */
export interface ModelFacts {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly opset: number;
  /** e.g. `pytorch 2.4.0`; empty where the file does not say. */
  readonly producer: string;
  /** `metadata_props` of the file, e.g. `task`, `names` and `imgsz` of ultralytics. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Float32 numbers in constants. */
  readonly parameters: number;
  /** Float types that are computed in float32, e.g. `float16`. */
  readonly storedTypes: readonly string[];
  /** Those that are fed. */
  readonly inputs: readonly InputFacts[];
  readonly outputs: readonly OutputFacts[];
  /** Operators that depend on an input, with how many there are. */
  readonly operators: ReadonlyMap<string, number>;
  readonly layers: readonly LayerFacts[];
}

/** Numbers, names of free axes, null where an axis has neither; null: no shape is stated. */
export type StatedShape = readonly (number | string | null)[] | null;

export interface InputFacts {
  readonly name: string;
  /** e.g. `float`, `uint8`. */
  readonly type: string;
  readonly shape: StatedShape;
  /** Axes that convolutions take for channels; empty where that is not known. */
  readonly channelAxes: readonly number[];
  /** Operators of the first nodes that read it, up to the first convolution. */
  readonly firstOperators: readonly string[];
}

export interface OutputFacts {
  readonly name: string;
  readonly type: string;
  readonly shape: StatedShape;
  /** Operator that makes it. */
  readonly maker: string;
}

export interface LayerFacts {
  readonly name: string;
  readonly op: string;
  /** Empty where the layer can't be quantized. */
  readonly weightShape: readonly number[];
  readonly parameters: number | null;
  /** Why it stays float by default settings; null: it is quantized. */
  readonly float: string | null;
}

/** What a run of some samples showed. */
export interface RunFacts {
  /** Samples that were fed. */
  readonly rows: number;
  /** Shapes of outputs by name, without the axis of samples where that leads. */
  readonly outputs: ReadonlyMap<string, readonly number[]>;
  /** Shapes of layers' outputs by layer, as they ran. */
  readonly layers: ReadonlyMap<string, readonly number[]>;
  readonly macs: ReadonlyMap<string, number>;
  /** Milliseconds of one thread for one sample of FP32. */
  readonly msPerSample: number;
}

/** Whether the graph holds quantizers or integer operators of its own. */
export function isQuantized({ operators }: Pick<ModelFacts, 'operators'>): boolean {
  const own = ['QuantizeLinear', 'ConvInteger', 'MatMulInteger', 'DynamicQuantizeLinear'];
  return [...operators.keys()].some((op) => own.some((name) => op.endsWith(name)) || /\bQLinear/.test(op));
}
