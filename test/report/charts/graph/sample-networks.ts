import type { NetworkNode } from '../../../../src/report/charts/graph/network-node.js';

/** Adds nodes one after the other; layers get positions in their order. */
export class NetworkBuilder {
  readonly nodes: NetworkNode[] = [];
  #layers = 0;

  /** Returns the node's number. */
  add(name: string, op: string, ...reads: readonly number[]): number {
    const position = op === 'Conv' || op === 'Gemm' ? this.#layers++ : null;
    this.nodes.push({ node: this.nodes.length, name, op, position, reads });
    return this.nodes.length - 1;
  }
}

/** Residual blocks of three layers: 7 nodes each, 8 where the skip has a layer. */
export function residualNetwork(blocks: readonly number[]): NetworkNode[] {
  const network = new NetworkBuilder();
  let last = network.add('image', 'Input');
  blocks.forEach((count, stage) => {
    for (let block = 0; block < count; block += 1) {
      const path = `/layer${stage + 1}/layer${stage + 1}.${block}`;
      let main = last;
      for (const layer of [1, 2, 3]) {
        main = network.add(`${path}/conv${layer}/Conv`, 'Conv', main);
        if (layer < 3) main = network.add(`${path}/relu${layer}/Relu`, 'Relu', main);
      }
      const skip = block === 0 ? network.add(`${path}/downsample/Conv`, 'Conv', last) : last;
      last = network.add(`${path}/Relu`, 'Relu', network.add(`${path}/Add`, 'Add', main, skip));
    }
  });
  network.add('logits', 'Output', network.add('/fc/Gemm', 'Gemm', last));
  return network.nodes;
}

/** A detector: features of three sizes, joined from the smallest up, each with two heads. */
export function detector(): NetworkNode[] {
  const network = new NetworkBuilder();
  let last = network.add('image', 'Input');
  const features = [0, 1, 2].map((size) => {
    for (let layer = 0; layer < 6; layer += 1) {
      last = network.add(`relu${size}.${layer}`, 'Relu', network.add(`body${size}.${layer}`, 'Conv', last));
    }
    return last;
  });
  let joined = features[2]!;
  const maps = [joined];
  for (const size of [1, 0]) {
    const larger = network.add(`resize${size}`, 'Resize', network.add(`lateral${size}`, 'Conv', joined));
    joined = network.add(`join${size}`, 'Concat', larger, features[size]!);
    maps.push(joined);
  }
  maps.forEach((map, index) => {
    for (const head of ['class', 'box'])
      network.add(`${head}${index}`, 'Output', network.add(`head.${head}${index}`, 'Conv', map));
  });
  return network.nodes;
}
