import { expect, test } from 'vitest';
import { renderReport } from './render.js';

test('a report holds everything in one file, and all text is escaped', async () => {
  const html = await renderReport({
    title: 'run <1>',
    paragraphs: ['one & two'],
    sections: [
      {
        title: '</script><b>',
        tables: [
          {
            columns: ['shape', 'ms'],
            rows: [
              ['<i>', { text: '2.0', bar: 2 }],
              ['b', { text: '0.5', bar: 0.5 }],
            ],
          },
        ],
        charts: [
          { title: '</script>', x: [1, 2], xAxis: { label: 'x' }, series: [{ label: 'y', y: [1, null] }] },
        ],
        pictures: [{ caption: '"quoted"', png: 'AAAA' }],
      },
    ],
  });
  expect(html).toContain('<h1>run &lt;1&gt;</h1>');
  expect(html).toContain('<p>one &amp; two</p>');
  expect(html).toContain('<h2>&lt;/script&gt;&lt;b&gt;</h2>');
  expect(html).toContain('2.0<span class="bar" style="width:100.00%">');
  expect(html).toContain('0.5<span class="bar" style="width:25.00%">');
  expect(html).toContain('alt="&quot;quoted&quot;" src="data:image/png;base64,AAAA"');
  const data: unknown = JSON.parse(
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!,
  );
  expect(data).toEqual([
    {
      name: '</script><b>',
      charts: [
        { title: '</script>', x: [1, 2], xAxis: { label: 'x' }, series: [{ label: 'y', y: [1, null] }] },
      ],
    },
  ]);
  // Nothing is loaded from elsewhere.
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
});
