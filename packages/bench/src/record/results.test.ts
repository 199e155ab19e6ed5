import { readFile, readdir } from 'node:fs/promises';
import { toJsonSchema } from '@valibot/to-json-schema';
import { describe, expect, it } from 'vitest';
import { parseRecord } from './record.js';
import { recordSchema } from './schema.js';

const folder = new URL('../../../../results/', import.meta.url);

describe('results/', () => {
  it('holds records that are what they say', async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) parseRecord(JSON.parse(await readFile(new URL(name, folder), 'utf8')), name);
  });

  it('publishes the schema of records (vitest -u writes it anew)', async () => {
    const schema = toJsonSchema(recordSchema, { errorMode: 'ignore' });
    const described = { title: 'A record of snowglobe bench', ...schema };
    await expect(`${JSON.stringify(described, undefined, 2)}\n`).toMatchFileSnapshot(
      '../../record.schema.json',
    );
  });
});
