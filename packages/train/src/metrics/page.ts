import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Section } from '@snowglobe/report';
import { renderReport } from '@snowglobe/report';
import { writeFileAtomically } from '@snowglobe/runtime/internal';
import type { MetricsRecord } from './log.js';
import { logPath, readLog } from './log.js';
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

/** The page as HTML. */
export function renderPage(title: string, stages: readonly PageStage[]): Promise<string> {
  return renderReport({ title, sections: stages.map(sectionOf) });
}

interface Plot {
  readonly label: string;
  readonly y: readonly (number | null)[];
  readonly logarithmic: boolean;
}

function plotsOf(records: readonly MetricsRecord[]): Plot[] {
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

function sectionOf({ name, records, samples }: PageStage): Section {
  const last = records.at(-1);
  const summary = last
    ? `step ${last.step}, ${(last.seconds / 60).toFixed(1)} minutes, loss ${last.loss.toPrecision(4)}, ` +
      `${last.framesPerSecond.toFixed(0)} frames/s, ${last.gflops.toFixed(1)} GFLOP/s`
    : 'no step logged yet';
  const x = records.map(({ step }) => step);
  return {
    title: name,
    paragraphs: [summary],
    charts: plotsOf(records).map(({ label, y, logarithmic }) => ({
      title: label,
      x,
      xAxis: { label: 'step' },
      yAxis: { logarithmic },
      series: [{ label, y }],
    })),
    pictures: (samples?.samples ?? []).map((sample) => ({
      caption: `${sample.title} (step ${samples!.step})`,
      png: sample.png,
    })),
  };
}
