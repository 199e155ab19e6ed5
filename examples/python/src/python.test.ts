import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { exportWorld } from '@snowglobe/runtime';
import { untrainedPatches, untrainedWorld } from '@snowglobe/runtime/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Python that has what the examples need: that of SNOWGLOBE_PYTHON, or python3. */
const python = process.env['SNOWGLOBE_PYTHON'] ?? 'python3';
const lacks = (...modules: string[]): string | undefined => {
  try {
    execFileSync(python, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
    return undefined;
  } catch {
    return ` (skipped: ${python} has no ${modules.join(', ')}; pip install them, or name a Python that has them in SNOWGLOBE_PYTHON)`;
  }
};
const here = fileURLToPath(new URL('.', import.meta.url));
const batch = 3;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-python-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noGymnasium = lacks('gymnasium', 'numpy', 'onnxruntime');
test.skipIf(noGymnasium)(
  `exported worlds are environments of Gymnasium${noGymnasium ?? ''}`,
  async () => {
    for (const [name, file] of [
      ['tiles', untrainedPatches()],
      ['painted', untrainedWorld()],
    ] as const) {
      await writeFile(join(folder, `${name}.onnx`), exportWorld(file, name).bytes);
      await writeFile(join(folder, `${name}-${batch}.onnx`), exportWorld(file, name, { batch }).bytes);
    }
    const { stderr } = await promisify(execFile)(python, [
      ...[join(here, 'check_env.py'), folder, String(batch)],
    ]);
    // unittest writes there.
    expect(stderr).toMatch(/\nRan 5 tests in .*\n\nOK/);
  },
  300_000,
);
