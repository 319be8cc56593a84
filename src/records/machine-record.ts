/** What a machine is and which versions run on it. */
export interface EnvironmentRecord {
  readonly quantsweepVersion: string;
  readonly nodeVersion: string;
  readonly onnxruntimeVersion: string;
  readonly os: string;
  readonly host: string;
  readonly cpuModel: string;
  readonly cpuFlags: string;
  readonly cpuCores: number;
  readonly memoryMb: number;
  readonly gpu: string | null;
  readonly gpuDriver: string | null;
  readonly gitCommit: string | null;
}

/** What ran an attempt. */
export interface MachineRecord {
  readonly environment: EnvironmentRecord;
  /**
   * Of the numbers that this machine computes, see `engine/numerics`: equal work has equal bits on
   * machines of one class. Null where it is not known.
   */
  readonly numericsClass: string | null;
  /** Id of the agent that it was; null: the machine of the sweep itself. */
  readonly agent: string | null;
}
