import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MetricsLog, logPath } from './log.js';
import { pagePath, renderPage, writePage } from './page.js';
import { readSamples, saveSamples } from './samples.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'snowglobe-page-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVQI12P4z8AAAAMBAQAY3Y2wAAAAAElFTkSuQmCC',
  'base64',
);
const record = (step: number, metrics: Record<string, number>) => ({
  step,
  seconds: step,
  loss: 10 / step,
  rate: 1,
  framesPerSecond: 100,
  gflops: 50,
  metrics,
});
const dataOf = (html: string): unknown =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!);

test('the page of a run folder holds the logs and samples of all stages', async () => {
  for (const stage of ['tokenizer', 'dynamics']) {
    const log = await MetricsLog.open(logPath(folder, stage), 0);
    await log.append(record(1, { psnr: 20 }));
    await log.append(record(10, stage === 'dynamics' ? { psnr: 21, accuracy: 0.5 } : { psnr: 21 }));
    await log.close();
  }
  await saveSamples(folder, 'tokenizer', 10, [{ title: 'frames & copies', png }]);
  expect(await writePage(folder, 'run <1>')).toBe(pagePath(folder));
  const html = await readFile(pagePath(folder), 'utf8');
  expect(html).toContain('<h1>run &lt;1&gt;</h1>');
  expect(html).toContain(`src="data:image/png;base64,${png.toString('base64')}"`);
  expect(html).toContain('frames &amp; copies (step 10)');
  expect(dataOf(html)).toEqual(
    expect.arrayContaining([
      {
        name: 'dynamics',
        charts: expect.arrayContaining([
          expect.objectContaining({
            title: 'loss',
            x: [1, 10],
            yAxis: { logarithmic: true },
            series: [{ label: 'loss', y: [10, 1] }],
          }),
          expect.objectContaining({ title: 'accuracy', series: [{ label: 'accuracy', y: [null, 0.5] }] }),
        ]),
      },
      expect.objectContaining({ name: 'tokenizer' }),
    ]),
  );
  // Nothing is loaded from elsewhere.
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
});

test('no text of a log can end the script that holds it', async () => {
  const html = await renderPage('t', [{ name: 's', records: [record(1, { '</script><b>': 1 })] }]);
  expect(JSON.stringify(dataOf(html))).toContain('</script><b>');
  expect(html).not.toContain('</script><b>');
});

test('samples that are damaged are refused, missing ones are none', async () => {
  expect(await readSamples(folder, 'none')).toBeUndefined();
  await writeFile(join(folder, 'bad.samples.json'), '{"step":1,"samples":[{"title":"x","png":"<>"}]}');
  await expect(readSamples(folder, 'bad')).rejects.toThrow(/bad\.samples\.json are damaged/);
});
