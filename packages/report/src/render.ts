import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Cell, Picture, Report, Section, Table } from './report.js';
import { script } from './script.js';

/**
 * The report as one HTML file that needs neither a server nor a network; charts are drawn by uPlot, whose code is in it.
 * All text is escaped.
 */
export async function renderReport({ title, paragraphs = [], sections }: Report): Promise<string> {
  const require = createRequire(import.meta.url);
  const [library, libraryStyles] = await Promise.all([
    readFile(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8'),
    readFile(require.resolve('uplot/dist/uPlot.min.css'), 'utf8'),
  ]);
  const data = sections.map(({ title: name, charts = [] }) => ({ name, charts }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${libraryStyles}${styles}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${paragraphs.map(renderParagraph).join('\n')}
${sections.map(renderSection).join('\n')}
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${library}</script>
<script>${script}</script>
</body>
</html>
`;
}

const renderParagraph = (text: string): string => `<p>${escapeHtml(text)}</p>`;

function renderSection(section: Section, index: number): string {
  const { title, paragraphs = [], tables = [], pictures = [] } = section;
  return `<section>
<h2>${escapeHtml(title)}</h2>
${paragraphs.map(renderParagraph).join('\n')}
${tables.map(renderTable).join('\n')}
<div class="charts" id="charts-${index}"></div>
<div class="pictures">${pictures.map(renderPicture).join('\n')}</div>
</section>`;
}

function renderTable({ columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const longest = Math.max(
    ...rows.flatMap((row) => row.map((cell) => (typeof cell === 'string' ? 0 : cell.bar))),
  );
  const body = rows.map((row) => `<tr>${row.map((cell) => renderCell(cell, longest)).join('')}</tr>`);
  return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table></div>`;
}

function renderCell(cell: Cell, longest: number): string {
  if (typeof cell === 'string') return `<td>${escapeHtml(cell)}</td>`;
  const share = longest > 0 ? (100 * cell.bar) / longest : 0;
  return `<td class="number">${escapeHtml(cell.text)}<span class="bar" style="width:${share.toFixed(2)}%"></span></td>`;
}

function renderPicture({ caption, png }: Picture): string {
  const text = escapeHtml(caption);
  return `<figure class="picture"><img alt="${text}" src="data:image/png;base64,${escapeHtml(png)}"><figcaption>${text}</figcaption></figure>`;
}

const styles = `
body { font: 15px/1.5 system-ui, sans-serif; color: #111827; background: #fff; max-width: 1280px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; } figcaption { color: #4b5563; font-size: 0.85rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1.5rem; margin-top: 1rem; }
.picture { width: min(100%, 960px); }
.picture img { image-rendering: pixelated; width: 100%; border: 1px solid #e5e7eb; }
.u-title { font-size: 0.95rem; font-weight: 600; }
.table { overflow-x: auto; margin: 1rem 0; } table { border-collapse: collapse; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid #e5e7eb; white-space: nowrap; }
th { color: #4b5563; font-weight: 600; }
td.number { min-width: 7rem; font-variant-numeric: tabular-nums; }
.bar { display: block; height: 4px; min-width: 1px; background: #2563eb; border-radius: 2px; }
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
