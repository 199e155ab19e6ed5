import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { writeFileAtomically } from '@snowglobe/runtime';
import type { MetricsRecord } from './log.js';
import { logPath, readLog } from './log.js';
import { pageScript } from './page_script.js';
import type { SavedSamples } from './samples.js';
import { readSamples } from './samples.js';

/** What the page shows of one stage. */
export interface PageStage {
  readonly name: string;
  readonly records: readonly MetricsRecord[];
  readonly samples?: SavedSamples | undefined;
}

export const pagePath = (folder: string): string => join(folder, 'report.html');

/**
 * Writes `report.html` of a run folder: plots of every stage's log, and its samples. One file that needs neither a
 * server nor a network.
 * @returns its path
 */
export async function writePage(folder: string, title: string): Promise<string> {
  const suffix = logPath('', '');
  const logs: { name: string; records: MetricsRecord[]; samples?: SavedSamples | undefined }[] = [];
  for (const file of await readdir(folder)) {
    if (!file.endsWith(suffix)) continue;
    const name = file.slice(0, -suffix.length);
    logs.push({ name, records: await readLog(join(folder, file)), samples: await readSamples(folder, name) });
  }
  const html = await renderPage(title, logs);
  await writeFileAtomically(pagePath(folder), new TextEncoder().encode(html));
  return pagePath(folder);
}

/** The page as HTML. Charts are drawn by uPlot, whose code is in the page. */
export async function renderPage(title: string, stages: readonly PageStage[]): Promise<string> {
  const require = createRequire(import.meta.url);
  const [library, styles] = await Promise.all([
    readFile(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    readFile(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
  ]);
  const data = stages.map(({ name, records }) => ({
    name,
    x: records.map(({ step }) => step),
    series: seriesOf(records),
  }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${styles}${pageStyles}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${stages.map(renderStage).join('\n')}
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${library}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

interface Series {
  readonly label: string;
  readonly y: readonly (number | null)[];
  /** Drawn on a logarithmic axis. */
  readonly logarithmic: boolean;
}

function seriesOf(records: readonly MetricsRecord[]): Series[] {
  const metricNames = [...new Set(records.flatMap(({ metrics }) => Object.keys(metrics)))];
  const losses = records.map(({ loss }) => loss);
  return [
    // A loss that falls over orders of magnitude is read best on a logarithmic axis; some losses are logarithms already.
    {
      label: 'loss',
      y: losses,
      logarithmic: Math.min(...losses) > 0 && Math.max(...losses) > 5 * Math.min(...losses),
    },
    ...metricNames.map((name) => ({
      label: name,
      y: records.map(({ metrics }) => metrics[name] ?? null),
      logarithmic: false,
    })),
    { label: 'learning rate (share)', y: records.map(({ rate }) => rate), logarithmic: false },
    { label: 'frames/s', y: records.map(({ framesPerSecond }) => framesPerSecond), logarithmic: false },
    { label: 'model GFLOP/s', y: records.map(({ gflops }) => gflops), logarithmic: false },
  ];
}

function renderStage({ name, records, samples }: PageStage): string {
  const last = records.at(-1);
  const summary = last
    ? `step ${last.step}, ${(last.seconds / 60).toFixed(1)} minutes, loss ${last.loss.toPrecision(4)}, ` +
      `${last.framesPerSecond.toFixed(0)} frames/s, ${last.gflops.toFixed(1)} GFLOP/s`
    : 'no step logged yet';
  const pictures = (samples?.samples ?? []).map(
    (sample) =>
      `<figure class="sample"><img alt="${escapeHtml(sample.title)}" src="data:image/png;base64,${sample.png}">` +
      `<figcaption>${escapeHtml(sample.title)} (step ${samples!.step})</figcaption></figure>`,
  );
  return `<section>
<h2>${escapeHtml(name)}</h2>
<p>${summary}</p>
<div class="charts" id="charts-${escapeHtml(name)}"></div>
<div class="samples">${pictures.join('\n')}</div>
</section>`;
}

const pageStyles = `
body { font: 15px/1.5 system-ui, sans-serif; color: #111827; background: #fff; max-width: 1280px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; } figcaption { color: #4b5563; font-size: 0.85rem; }
.samples { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-top: 1rem; }
.sample { width: min(100%, 960px); }
.sample img { image-rendering: pixelated; width: 100%; border: 1px solid #e5e7eb; }
.u-title { font-size: 0.95rem; font-weight: 600; }
`;

function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
