import { existsSync } from 'node:fs';
import { localExecutor } from '../../src/engine/local/local-executor.js';
import { providerObstacle } from '../../src/engine/providers/provider-obstacle.js';

const chromium = '/usr/lib/chromium';
const open = localExecutor(new URL('../../dist/engine/local/worker-main.js', import.meta.url));

/**
 * Makes webgpu load in the children of this process: on the machine's own Vulkan where that does,
 * else on the software Vulkan that Debian's Chromium brings (SwiftShader, with a loader of its
 * own), if it is there.
 *
 * @returns why it loads on neither; null where it loads
 */
export async function findWebgpu(): Promise<string | null> {
  const obstacle = await providerObstacle('webgpu', open);
  const driver = `${chromium}/vk_swiftshader_icd.json`;
  if (obstacle === null || !existsSync(driver) || !existsSync(`${chromium}/libvulkan.so.1`)) return obstacle;
  process.env['LD_LIBRARY_PATH'] = [chromium, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':');
  process.env['VK_ICD_FILENAMES'] = driver;
  return providerObstacle('webgpu', open);
}
