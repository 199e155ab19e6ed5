import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../decode.js';
import { encodeGif } from '../gif.js';
import type { Image } from '../image.js';
import { encodePng } from '../png.js';
import { isInstalled } from '../testing/programs.js';
import type { ModelContent } from './content_label.js';
import { contentLabel, plainText } from './content_label.js';
import { findContentMarks } from './marks.js';
import { mp4LabelBox, videoTags } from './video.js';
import { xmpPacket } from './xmp.js';

const content: ModelContent = {
  ...{ world: 'crafter', checksum: '0123456789abcdef'.repeat(4), seed: 7, frames: 40, version: '0.1.0' },
};
const image: Image = { width: 3, height: 2, channels: 3, data: Uint8Array.from({ length: 18 }, (_, i) => i) };
const hostile = { ...content, world: 'a"<>&\u202e\0\n世界', producer: '雪玉 & <Söhne>' };

/** The text chunks of a PNG by keyword, as PNG 11.3.3 says; each CRC is checked. */
function textsOf(png: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>();
  const bytes = Buffer.from(png);
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    const data = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    const type = bytes.toString('latin1', at + 4, at + 8);
    expect(crc32(bytes.subarray(at + 4, at + 8 + data.length))).toBe(
      bytes.readUInt32BE(at + 8 + data.length),
    );
    if (type !== 'tEXt' && type !== 'iTXt') continue;
    const end = data.indexOf(0);
    const text = data.subarray(type === 'tEXt' ? end + 1 : end + 5);
    texts.set(data.toString('latin1', 0, end), text.toString(type === 'tEXt' ? 'latin1' : 'utf8'));
  }
  return texts;
}

/** Comments and XMP of a GIF, block by block as GIF89a says. */
function extensionsOf(gif: Uint8Array): { comments: string[]; xmp: string[]; frames: number } {
  const bytes = Buffer.from(gif);
  const found = { comments: [] as string[], xmp: [] as string[], frames: 0 };
  const tableBytes = (packed: number) => (packed & 0x80 ? 3 * (2 << (packed & 7)) : 0);
  let at = 13 + tableBytes(bytes[10]!);
  while (bytes[at] !== 0x3b) {
    const label = bytes[at + 1];
    const isExtension = bytes[at] === 0x21;
    if (!isExtension) found.frames++;
    at += isExtension ? 2 : 11 + tableBytes(bytes[at + 9]!);
    const parts: Buffer[] = [];
    const start = at;
    for (; bytes[at] !== 0; at += 1 + bytes[at]!) parts.push(bytes.subarray(at + 1, at + 1 + bytes[at]!));
    if (isExtension && label === 0xfe) found.comments.push(Buffer.concat(parts).toString());
    if (isExtension && label === 0xff && parts[0]!.toString() === 'XMP DataXMP') {
      found.xmp.push(bytes.toString('utf8', start + 12, at - 257));
    }
    at++;
  }
  expect(at).toBe(bytes.length - 1);
  return found;
}

describe('a label', () => {
  test('follows from world, seed and frames alone', () => {
    expect(contentLabel(content)).toEqual(contentLabel({ ...content }));
    expect(contentLabel(content).aigc).toEqual({
      ...{ Label: '1', ContentProducer: 'Snowglobe 0.1.0', ProduceID: '0123456789abcdef-7-40' },
      ...{ ReservedCode1: '', ContentPropagator: '', PropagateID: '', ReservedCode2: '' },
    });
    expect(contentLabel({ ...content, checksum: '' }).aigc!.ProduceID).toBe('unknown-7-40');
    const { seed: _, frames: __, ...model } = content;
    expect(contentLabel(model).aigc!.ProduceID).toBe('0123456789abcdef');
  });

  test('says who answers for the file, and what its first picture was', () => {
    const label = contentLabel({ ...content, producer: 'Example Ltd.', promptMarks: ['C2PA', 'AIGC'] });
    expect(label.aigc).toMatchObject({
      ContentProducer: 'Example Ltd.',
      ReservedCode1: 'prompt marked: C2PA, AIGC',
    });
    expect(label.description).toContain('began with was marked (C2PA, AIGC).');
  });

  test('whatever a name holds, it is one line, and XMP and JSON stay whole', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const plain = plainText(text);
        expect(plain).not.toMatch(/[\p{Cc}\p{Cs}\p{Cf}]/u);
        expect([...plain].length).toBeLessThanOrEqual(200);
        const label = contentLabel({ ...content, world: text, producer: text });
        expect(xmpPacket(label).match(/</g)).toHaveLength(14);
        expect((JSON.parse(videoTags(label)['AIGC']!) as { Label: string }).Label).toBe('1');
      }),
    );
  });
});

describe('a PNG', () => {
  test('carries it as text and as XMP, and shows the same', () => {
    const label = contentLabel({ ...content, producer: '雪玉' });
    const png = encodePng(image, { label });
    expect(decodeImage(png).data).toEqual(decodeImage(encodePng(image)).data);
    const texts = textsOf(png);
    expect([...texts.keys()]).toEqual(['Software', 'Description', 'AIGC', 'XML:com.adobe.xmp']);
    expect(texts.get('Software')).toBe('Snowglobe 0.1.0');
    expect(texts.get('Description')).toContain('the world crafter');
    expect(JSON.parse(texts.get('AIGC')!)).toEqual(label.aigc);
    expect(texts.get('XML:com.adobe.xmp')).toBe(xmpPacket(label));
    expect(texts.get('XML:com.adobe.xmp')).toContain(
      'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"',
    );
    expect(png).toEqual(encodePng(image, { label }));
  });

  test('has text that is not Latin in UTF-8', () => {
    expect(textsOf(encodePng(image, { label: contentLabel(hostile) })).get('Description')).toContain(
      'a"<>& 世界',
    );
  });
});

test('a GIF carries it as a comment and as XMP, and plays the same', () => {
  const label = contentLabel(hostile);
  const plain = encodeGif([image, image], { fps: 10 });
  const gif = encodeGif([image, image], { fps: 10, label });
  expect(Buffer.from(gif).subarray(0, plain.length - 1)).toEqual(Buffer.from(plain).subarray(0, -1));
  const { comments, xmp, frames } = extensionsOf(gif);
  expect(frames).toBe(2);
  expect(comments.map((text) => JSON.parse(text))).toEqual([
    { Software: label.software, Description: label.description, AIGC: label.aigc },
  ]);
  expect(xmp).toEqual([xmpPacket(label)]);
});

describe('marks of others', () => {
  test('are found in what carries them', () => {
    const label = contentLabel(content);
    expect(findContentMarks(encodePng(image))).toEqual([]);
    expect(findContentMarks(encodePng(image, { label }))).toEqual(['AIGC', 'DigitalSourceType']);
    expect(findContentMarks(encodeGif([image], { fps: 1, label }))).toEqual(['AIGC', 'DigitalSourceType']);
    expect(findContentMarks(mp4LabelBox(label))).toEqual(['AIGC', 'DigitalSourceType']);
    const png = Buffer.from(encodePng(image));
    const chunk = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.from('caBX'), Buffer.alloc(4)]);
    expect(findContentMarks(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]))).toEqual(['C2PA']);
    const jumbf = Buffer.from('6332706100110010800000aa00389b71', 'hex');
    expect(findContentMarks(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xeb]), jumbf]))).toEqual(['C2PA']);
    expect(
      findContentMarks(Buffer.from('\xff\xd8…{"AIGC":{"Label":"1","ContentProducer":"x"}}', 'latin1')),
    ).toEqual(['AIGC']);
  });

  test('are none in the label of what no model drew', () => {
    const label = {
      ...{ software: 'Snowglobe 0.1.0', description: 'A simulation.' },
      digitalSourceType: 'algorithmicMedia' as const,
    };
    expect(findContentMarks(encodePng(image, { label }))).toEqual([]);
  });
});

/** Debian's `libimage-exiftool-perl`; where it is not installed, the tests above read the files by themselves. */
const hasExiftool = isInstalled('exiftool', '-ver');

describe.skipIf(!hasExiftool)('exiftool, where it is installed, reads', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'snowglobe-label-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (name: string, bytes: Uint8Array): Record<string, unknown> => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    // -a -u: also what it has no name for.
    const out = execFileSync('exiftool', ['-json', '-a', '-u', '-G1', path], { encoding: 'utf8' });
    return (JSON.parse(out) as Record<string, unknown>[])[0]!;
  };
  const label = contentLabel({ ...content, producer: '雪玉' });
  const xmp = {
    'XMP-xmp:CreatorTool': 'Snowglobe 0.1.0',
    'XMP-iptcExt:DigitalSourceType': 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
    'XMP-dc:Description': label.description,
    aigc: label.aigc,
  };
  // Versions that do not know the namespace write the name their own way.
  const parsed = (tags: Record<string, unknown>): Record<string, unknown> => ({
    ...tags,
    aigc: JSON.parse(
      String(Object.entries(tags).find(([name]) => name.toLowerCase() === 'xmp-tc260:aigc')?.[1]),
    ) as unknown,
  });

  test('a PNG', () => {
    const tags = read('a.png', encodePng(image, { label }));
    expect(parsed(tags)).toMatchObject(xmp);
    expect(tags).toMatchObject({ 'PNG:Software': 'Snowglobe 0.1.0', 'PNG:Description': label.description });
    expect(tags['ExifTool:Warning']).toBeUndefined();
  });

  test('a GIF', () => {
    const tags = read('a.gif', encodeGif([image, image], { fps: 10, label }));
    expect(parsed(tags)).toMatchObject({ ...xmp, 'GIF:FrameCount': 2 });
    expect(tags['ExifTool:Warning']).toBeUndefined();
  });
});
