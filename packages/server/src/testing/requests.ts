/** Bytes of strangers on a connection that is no WebSocket yet, for `fc.assert`. */
import fc from 'fast-check';

const path = fc
  .array(
    fc.constantFrom(
      ...[
        '/',
        '//',
        '/',
        '..',
        '.',
        '%2e',
        '%',
        '%00',
        '%c0%af',
        '\\',
        '*',
        '?',
        '#',
        ':',
        '@',
        'http://',
        'x',
      ],
      ...[
        'play',
        'worlds',
        'coinrun',
        '.safetensors',
        'prompts',
        'catalog.json',
        'index.html',
        'a'.repeat(300),
        '\u00e9',
      ],
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join('') || '/');
const header = fc.oneof(
  fc.constantFrom(
    ...[
      'Host: localhost',
      'Host: localhost',
      'Host: 127.0.0.1.evil.example',
      'Host: [::1',
      'Host:',
      'Host: a@localhost',
    ],
    ...[
      'Connection: Upgrade',
      'Connection: keep-alive',
      'Upgrade: websocket',
      'Upgrade: h2c',
      'Expect: 100-continue',
    ],
    ...[
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Version: x',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Sec-WebSocket-Key: 1',
    ],
    ...[
      'Sec-WebSocket-Protocol: ,',
      'Sec-WebSocket-Extensions: permessage-deflate; a=',
      'Origin: null',
      'Origin: http://localhost',
    ],
    ...[
      'Range: bytes=5-2',
      'Range: bytes=-',
      'Range: bytes=0-3',
      'Range: bytes=-0',
      'Range: bytes=99999999999-',
      'Range: x',
    ],
    ...[
      'If-None-Match: *',
      'If-Match: "x"',
      'If-Modified-Since: x',
      'If-Range: "x"',
      'Accept-Encoding: gzip',
    ],
    ...[
      'Content-Length: 5',
      'Content-Length: -1',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: x',
      'Trailer: x',
    ],
  ),
  fc
    .tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 }))
    .map(([name, value]) => `${name}: ${value}`),
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'CONNECT', 'PRI', 'x'),
    path,
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'x'),
    headers: fc.array(header, { maxLength: 8 }),
    body: fc.string({ maxLength: 20 }),
  })
  .map(({ method, path: at, version, headers, body }) =>
    Buffer.from(`${[`${method} ${at} ${version}`, ...headers].join('\r\n')}\r\n\r\n${body}`),
  );
const handshake = Buffer.from(
  'GET /play HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
);
/** Frames of WebSocket of any kind, length and mask, right or not (RFC 6455, 5.2). */
const wireFrames = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(0x01, 0x02, 0x81, 0x82, 0x80, 0x88, 0x89, 0x8a), fc.nat(255)),
      fc.oneof(fc.constantFrom(0x80, 0x85, 0xfe, 0xff, 0x05, 0x7e, 0x7f), fc.nat(255)),
      fc.uint8Array({ maxLength: 24 }),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .map((all) => Buffer.concat([handshake, ...all.map(([a, b, rest]) => Uint8Array.of(a, b, ...rest))]));
/** What a client may send before it leaves: requests, one or several, connections for WebSocket, bytes of no meaning. */
export const anything = fc.oneof(
  { weight: 5, arbitrary: request },
  { weight: 1, arbitrary: fc.array(request, { maxLength: 3 }).map((all) => Buffer.concat(all)) },
  { weight: 3, arbitrary: wireFrames },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
);
