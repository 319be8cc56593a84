// The part of the build that tsc leaves out: the views' SQL lies beside the compiled module that reads it.
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('../src/store/schema/views/', import.meta.url));
const to = fileURLToPath(new URL('../dist/store/schema/views/', import.meta.url));
// A view that is gone from src/ must not stay in dist/.
rmSync(to, { recursive: true, force: true });
cpSync(from, to, { recursive: true });
