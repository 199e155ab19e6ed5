import type { IncomingMessage } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { refuseHost, refuseOrigin } from './guard.js';

const asks = (headers: Record<string, string | undefined>) => ({ headers }) as unknown as IncomingMessage;
const isAnswered = (host: string | undefined, listening = '127.0.0.1'): boolean =>
  refuseHost(asks({ host }), listening) === undefined;

const foreign = [
  ...['127.attacker.example', '127.0.0.1.evil.com', '127.0.0.1.evil.example:8420', 'localhost.evil.example'],
  ...['localhostevil', 'evil.localhost', '127', '128.0.0.1', '10.0.0.1', '169.254.169.254', '0.0.0.0'],
  ...['[::2]', '[::ffff:8.8.8.8]', '[fe80::1]', '::1', '', undefined, ' ', 'localhost:99999', 'local host'],
  ...['evil@localhost', 'localhost/x', 'localhost?x', 'localhost#x', 'localhost\\x', 'localhost:8420:1'],
];

describe('a host', () => {
  test.each([
    ...[
      'localhost',
      'LOCALHOST:8420',
      'localhost.',
      'localhost.:1',
      '127.0.0.1',
      '127.0.0.2:9',
      '127.255.0.1',
    ],
    ...['127.0.0.1.', '[::1]:99', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::FFFF:7f00:5]:8420'],
  ])('%s is this machine', (host) => {
    for (const listening of ['127.0.0.1', 'localhost', '::1', '0.0.0.0', '192.168.1.2'])
      expect(isAnswered(host, listening), listening).toBe(true);
  });

  test.each(foreign)('%j is not', (host) => {
    for (const listening of ['127.0.0.1', '127.0.0.2', 'localhost', '::1'])
      expect(isAnswered(host, listening), listening).toBe(false);
  });

  test('of a server for others is one of its own names and addresses, compared as such', () => {
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const own = addresses.map(({ address, family }) => (family === 'IPv4' ? address : `[${address}]`));
    for (const host of [...own, hostname(), `${hostname().toUpperCase()}.local:80`]) {
      expect(isAnswered(host, '0.0.0.0'), host).toBe(true);
    }
    for (const { address, family } of addresses) {
      if (family === 'IPv4') expect(isAnswered(`[::ffff:${address}]:8420`, '::'), address).toBe(true);
    }
    expect(isAnswered('[2001:DB8::1]:8420', '2001:db8:0:0::1')).toBe(true);
    expect(isAnswered('Game.Example.:8420', 'game.example')).toBe(true);
    for (const host of [
      'game.example.evil',
      `${hostname()}.evil`,
      '203.0.113.77',
      '203.0.113.77.evil',
      '[2001:db8::2]',
    ])
      expect(isAnswered(host, '203.0.113.7'), host).toBe(false);
  });
});

test.each([
  [undefined, 'localhost:8420', true],
  ['http://localhost:8420', 'localhost:8420', true],
  ['http://localhost', 'localhost:80', true],
  ['https://game.example', 'game.example:443', true],
  ['http://LOCALHOST:8420', 'localhost:8420', true],
  ['http://[::1]:8420', '[0:0::1]:8420', true],
  ['http://localhost:1', 'localhost:8420', false],
  ['http://localhost', 'localhost:8420', false],
  ['https://localhost', 'localhost:80', false],
  ['http://127.0.0.1:8420', 'localhost:8420', false],
  ['http://localhost:8420.evil.example', 'localhost:8420', false],
  ['null', 'localhost:8420', false],
  ['file://', '', false],
  ['', 'localhost:8420', false],
  ['chrome-extension://localhost:8420', 'localhost:8420', false],
])('a page of %j may play at %j: %j', (origin, host, expected) => {
  expect(refuseOrigin(asks({ origin, host })) === undefined).toBe(expected);
});
