import { needLine, searchFolders, type FoundLibrary } from './found-library.js';

/** What was found out about this machine. */
export interface CudaFacts {
  /** e.g. `linux x64` */
  readonly system: string;
  /** An NVIDIA GPU's name; null where none is listed. */
  readonly gpu: string | null;
  /** Where onnxruntime-node looks for its CUDA library, and whether it is there. */
  readonly providerLibrary: { readonly path: string; readonly isThere: boolean };
  /** onnxruntime-node's script that brings it. */
  readonly installScript: string;
  /**
   * The shared libraries that it links, and whether the loader finds each; null where the loader
   * can't be asked.
   */
  readonly linked: ReadonlyMap<string, boolean> | null;
  readonly find: (library: string) => FoundLibrary;
}

interface CudaLibrary {
  readonly name: string;
  readonly title: string;
  /** In NVIDIA's repository for Debian and Ubuntu. Any 12-x does. */
  readonly apt: string;
  /** NVIDIA's package on PyPI, and its folder below `nvidia/`. */
  readonly pip: string;
  readonly folder: string;
}

/** What the library of onnxruntime 1.30 for CUDA 12 links, for when it is not here to be asked. */
const libraries: readonly CudaLibrary[] = [
  library('libcudart.so.12', 'CUDA 12 runtime', 'cuda-cudart-12-9', 'cuda-runtime', 'cuda_runtime'),
  library('libcublas.so.12', 'cuBLAS 12', 'libcublas-12-9', 'cublas', 'cublas'),
  library('libcublasLt.so.12', 'cuBLASLt 12', 'libcublas-12-9', 'cublas', 'cublas'),
  library('libcufft.so.11', 'cuFFT 11', 'libcufft-12-9', 'cufft', 'cufft'),
  library('libcurand.so.10', 'cuRAND 10', 'libcurand-12-9', 'curand', 'curand'),
  library('libcudnn.so.9', 'cuDNN 9', 'libcudnn9-cuda-12', 'cudnn', 'cudnn'),
];

const DRIVER = 'libcuda.so.1';

function library(name: string, title: string, apt: string, pip: string, folder: string): CudaLibrary {
  return { name, title, apt, pip: `nvidia-${pip}-cu12`, folder };
}

/**
 * Each thing that CUDA takes, whether it is there, and the commands that bring what is not.
 *
 * @returns lines, indented below a heading
 */
export function cudaNeeds(facts: CudaFacts): readonly string[] {
  const { system, gpu, providerLibrary, linked } = facts;
  if (system !== 'linux x64') {
    return [`Not available: onnxruntime-node has CUDA only for linux x64, this is ${system}.`];
  }
  const find = (name: string): FoundLibrary => (linked?.get(name) === true ? { kind: 'found' } : facts.find(name));
  const driver = find(DRIVER);
  const known = libraries.filter(({ name }) => linked === null || linked.has(name));
  const others = [...(linked?.keys() ?? [])].filter(
    (name) => name !== DRIVER && !libraries.some((l) => l.name === name),
  );
  const found = known.map((one) => ({ ...one, where: find(one.name) }));
  const strange = others.map((name) => ({ name, where: find(name) })).filter(({ where }) => where.kind !== 'found');
  const missing = found.filter(({ where }) => where.kind === 'missing');
  const folders = [driver, ...[...found, ...strange].map(({ where }) => where)].flatMap((where) =>
    where.kind === 'unsearched' ? [where.folder] : [],
  );
  const lines = [
    gpu === null ? 'missing  NVIDIA GPU (nvidia-smi lists none)' : `ok       NVIDIA GPU: ${gpu}`,
    needLine(`NVIDIA driver (${DRIVER})`, driver),
    needLine(`CUDA library of onnxruntime-node (${providerLibrary.path})`, {
      kind: providerLibrary.isThere ? 'found' : 'missing',
    }),
    ...found.map(({ title, name, where }) => needLine(`${title} (${name})`, where)),
    ...strange.map(({ name, where }) => needLine(name, where)),
  ];
  if (driver.kind === 'missing') {
    lines.push(
      'Driver, 525 or newer:',
      '  Ubuntu: ubuntu-drivers install; Debian, section non-free: apt-get install nvidia-driver; others: https://www.nvidia.com/drivers',
    );
  }
  if (!providerLibrary.isThere) {
    lines.push(
      'CUDA library of onnxruntime-node (downloaded from NuGet):',
      `  ONNXRUNTIME_NODE_INSTALL=1 node ${shellWord(facts.installScript)}`,
    );
  }
  if (missing.length > 0) {
    const apt = [...new Set(missing.map((one) => one.apt))];
    const pip = [...new Set(missing.map((one) => one.pip))];
    lines.push(
      'CUDA 12 and cuDNN 9 on Debian and Ubuntu, once NVIDIA\'s repository is added (https://developer.nvidia.com/cuda-downloads, "deb (network)"):',
      `  apt-get install ${apt.join(' ')}`,
      'On other Linux systems, or without root:',
      `  pip install --target "$HOME/cuda12" ${pip.join(' ')}`,
      `  ${searchFolders(missing.map((one) => `$HOME/cuda12/nvidia/${one.folder}/lib`))}`,
    );
  }
  if (folders.length > 0) lines.push('To let the loader find the libraries:', `  ${searchFolders(folders)}`);
  return lines;
}

function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
