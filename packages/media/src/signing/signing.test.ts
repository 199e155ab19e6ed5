import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { decodeImage } from '../decode.js';
import { encodeGif } from '../gif.js';
import type { Image } from '../image.js';
import { contentLabel } from '../label/content_label.js';
import { findContentMarks } from '../label/marks.js';
import { encodePng } from '../png.js';
import type { CertificateChain } from '../testing/certificates.js';
import { certificateChain } from '../testing/certificates.js';
import { readManifests } from '../testing/manifests.js';
import { isInstalled } from '../testing/programs.js';
import type { ContentSigner } from './signer.js';
import { openSigner } from './signer.js';

const label = contentLabel({
  ...{ world: 'crafter', checksum: 'ab'.repeat(32), seed: 7, frames: 3, version: '0.1.0' },
});
const image: Image = {
  width: 8,
  height: 8,
  channels: 3,
  data: Uint8Array.from({ length: 192 }, (_, i) => i),
};

let chain: CertificateChain;
let signer: ContentSigner;
const open = ({ key, certificate, root }: CertificateChain): Promise<ContentSigner> =>
  openSigner({ text: key, source: 'key.pem' }, { text: certificate + root, source: 'certs.pem' });

beforeAll(async () => {
  chain = await certificateChain();
  signer = await open(chain);
});

/** What c2pa-rs says of a file, with our root among those that it trusts. */
const read = (file: Uint8Array, type = 'image/png', { root } = chain) => readManifests(file, type, root);

describe('a signed picture', () => {
  const png = encodePng(image, { label });
  const sign = () => signer.sign(png, { format: '.png', title: '00000.png', label });

  test('reads back: who made it, how and with which program, and that nothing was changed', async () => {
    const signed = await sign();
    const { state, failures, passed, manifest } = await read(signed);
    expect([state, failures]).toEqual(['Trusted', []]);
    expect(passed).toEqual(
      expect.arrayContaining([
        'claimSignature.validated',
        'signingCredential.trusted',
        'assertion.dataHash.match',
      ]),
    );
    expect(manifest).toMatchObject({
      title: '00000.png',
      claim_generator_info: [{ name: 'Snowglobe', version: '0.1.0' }],
      signature_info: { alg: 'Es256', common_name: 'Test Signer' },
    });
    expect(manifest.assertions.find(({ label }) => label === 'c2pa.actions.v2')!.data.actions).toEqual([
      {
        action: 'c2pa.created',
        digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
        softwareAgent: { name: 'Snowglobe', version: '0.1.0' },
        description: label.description,
      },
    ]);
    expect(manifest.ingredients).toBeUndefined();
    expect(signer.holder).toBe('Test Signer');
  });

  test('shows the same and keeps its labels, in which a change is found, as in its pixels', async () => {
    const signed = await sign();
    expect(decodeImage(signed).data).toEqual(decodeImage(png).data);
    expect(findContentMarks(signed)).toEqual(['C2PA', 'AIGC', 'DigitalSourceType']);
    const bytes = Buffer.from(signed);
    for (const place of [bytes.indexOf('IDAT') + 10, bytes.indexOf('"Label":"1"') + 9]) {
      const changed = Uint8Array.from(signed);
      changed[place]! ^= 1;
      const { state, failures } = await read(changed);
      expect([state, failures]).toEqual(['Invalid', ['assertion.dataHash.mismatch']]);
    }
  });

  test('is of nobody where the root is not known', async () => {
    const { state, failures } = await read(await sign(), 'image/png', await certificateChain());
    expect([state, failures]).toEqual(['Valid', ['signingCredential.untrusted']]);
  });

  test('leaves nothing in the process', async () => {
    await Promise.all([sign(), sign()]);
    expect('FileReaderSync' in globalThis).toBe(false);
  });
});

test('a signed GIF reads back, and one byte of it changed does not', async () => {
  const gif = encodeGif([image, image], { fps: 10, label });
  const signed = await signer.sign(gif, { format: '.gif', title: 'walk.gif', label });
  expect((await read(signed, 'image/gif')).state).toBe('Trusted');
  expect(findContentMarks(signed)).toEqual(['C2PA', 'AIGC', 'DigitalSourceType']);
  const changed = Uint8Array.from(signed);
  changed[changed.length - 5]! ^= 1;
  expect((await read(changed, 'image/gif')).failures).toEqual(['assertion.dataHash.mismatch']);
});

describe('a prompt that was marked', () => {
  const sign = async (prompt: Uint8Array, bytes?: Uint8Array) => {
    const promptMarks = findContentMarks(prompt);
    const marked = contentLabel({ world: 'w', checksum: '', version: '0.1.0', promptMarks });
    return read(
      await signer.sign(encodePng(image, { label: marked }), {
        ...{ format: '.png' as const, title: 'a.png', label: marked, prompt: bytes },
      }),
    );
  };
  const prompt = { relationship: 'inputTo', title: 'prompt' };

  test('is named with its marks', async () => {
    const { state, manifest } = await sign(encodePng(image, { label }));
    expect(state).toBe('Trusted');
    expect(manifest.ingredients).toMatchObject([{ ...prompt, description: expect.stringContaining('AIGC') }]);
    expect(JSON.stringify(manifest.assertions)).toContain('c2pa.ingredient');
  });

  test('is kept with the manifest of its own', async () => {
    const signed = await signer.sign(encodePng(image, { label }), { format: '.png', title: 'p.png', label });
    const { state, manifest, manifests } = await sign(signed, signed);
    expect(state).toBe('Trusted');
    expect(manifest.ingredients).toMatchObject([{ ...prompt, description: expect.stringContaining('C2PA') }]);
    expect(manifests[manifest.ingredients![0]!.active_manifest!]!.title).toBe('p.png');
  });

  test('is named where its manifest cannot be read', async () => {
    const png = Buffer.from(encodePng(image));
    const chunk = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.from('caBX'), Buffer.alloc(4)]);
    const broken = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    const { state, manifest } = await sign(broken, broken);
    expect(state).toBe('Trusted');
    expect(manifest.ingredients).toMatchObject([{ ...prompt, description: expect.stringContaining('C2PA') }]);
  });
});

test.each([
  ['Es384', { name: 'ECDSA', namedCurve: 'P-384' }],
  ['Es512', { name: 'ECDSA', namedCurve: 'P-521' }],
  ['Ed25519', { name: 'Ed25519' as const }],
  [
    'Ps256',
    { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  ],
])('%s signs', async (alg, algorithm) => {
  const own = await certificateChain({ algorithm });
  const signed = await (
    await open(own)
  ).sign(encodePng(image, { label }), { format: '.png', title: 'a', label });
  const { state, manifest } = await read(signed, 'image/png', own);
  expect([state, manifest.signature_info.alg]).toEqual(['Trusted', alg]);
});

describe('is refused:', () => {
  const pem = (text: string, source: string) => ({ text, source });
  const refuses = (key: string, certificates: string, message: string | RegExp) =>
    expect(openSigner(pem(key, 'key.pem'), pem(certificates, 'certs.pem'))).rejects.toThrow(message);

  test('a key with a password', async () => {
    const key = createPrivateKey(chain.key).export({
      ...{ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' },
    }) as string;
    await refuses(key, chain.certificate, /^key\.pem: the private key has a password/);
  });

  test('what is no key and no certificate', async () => {
    await refuses('hello', chain.certificate, /^key\.pem: holds no private key in PEM/);
    await refuses(chain.certificate, chain.certificate, /^key\.pem: holds no private key in PEM/);
    await refuses(chain.key, 'hello', /^certs\.pem: holds no certificate in PEM/);
    const cut = chain.certificate.replace(/\n.{20}/, '\n');
    await refuses(chain.key, cut, /^certs\.pem: certificate 1 of 1 cannot be read/);
  });

  test('a certificate of another key, and a chain in another order', async () => {
    const other = await certificateChain();
    await refuses(
      other.key,
      chain.certificate,
      /^certs\.pem: its first certificate \(Test Signer\) is for another key/,
    );
    await refuses(chain.key, chain.certificate + other.root, /Test Signer is not issued by .*Test Root/);
    await refuses(chain.key, chain.root + chain.certificate, /Test Root is not issued by .*Test Signer/);
  });

  test('what is not valid now', async () => {
    const { key, certificate } = await certificateChain({ days: [-30, -1] });
    await refuses(key, certificate, /Test Signer is valid from .* to .*, and not now/);
    const later = await certificateChain({ days: [1, 30] });
    await refuses(later.key, later.certificate, /Test Signer is valid from .*, and not now/);
  });

  test('an algorithm that C2PA does not know', async () => {
    const secp = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const x25519 = generateKeyPairSync('x25519').privateKey;
    for (const [key, is] of [
      [secp, 'an EC key on secp256k1'],
      [short, 'an RSA key of 1024 bits'],
      [x25519, 'a key for x25519'],
    ] as const) {
      const text = key.export({ format: 'pem', type: 'pkcs8' }) as string;
      await refuses(text, chain.certificate, `key.pem: is ${is}, and C2PA signs with`);
    }
  });

  test.each(['keyUsage', 'extendedKeyUsage', 'authority'] as const)(
    'a certificate without %s',
    async (without) => {
      const { key, certificate } = await certificateChain({ without });
      await refuses(
        key,
        certificate,
        /^certs\.pem: the certificate of Test Signer is none for C2PA \(signingCredential\.invalid: /,
      );
    },
  );

  test('a damaged file', async () => {
    await expect(signer.sign(new Uint8Array(40), { format: '.png', title: 'a.png', label })).rejects.toThrow(
      /^a\.png: cannot be signed \(.+\); see that it is a whole file in PNG\.$/,
    );
  });
});

test('the missing package is named', async () => {
  vi.resetModules();
  vi.doMock('@contentauth/c2pa-wasm', () => {
    throw new Error('Cannot find package');
  });
  const { openSigner: openAnew } = await import('./signer.js');
  await expect(
    openAnew({ text: chain.key, source: 'key.pem' }, { text: chain.certificate, source: 'certs.pem' }),
  ).rejects.toThrow('signing: needs a package; npm install @contentauth/c2pa-wasm.');
  vi.doUnmock('@contentauth/c2pa-wasm');
});

// Debian's `libimage-exiftool-perl`.
test.skipIf(!isInstalled('exiftool', '-ver'))(
  'exiftool, where it is installed, reads the manifest of a PNG',
  async () => {
    const signed = await signer.sign(encodePng(image, { label }), { format: '.png', title: 'a.png', label });
    const out = execFileSync('exiftool', ['-json', '-a', '-G1', '-'], { input: signed, encoding: 'utf8' });
    expect(out).toContain('c2pa.created');
  },
);
