import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChunkedFramer } from './chunked-framer.ts';
import { EndOfMessageFramer } from './end-of-message-framer.ts';
import { type Framer, type FramingFailure, frame } from './framing.ts';
import { HelloFramer, openFramer } from './hello-framer.ts';

/** Everything a framer makes of these pieces; messages copied, for their memory is on loan. */
function readAll(framer: Framer, pieces: readonly Buffer[]) {
  const messages: string[] = [];
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const step = framer.read(piece, at);
      if (step.kind === 'more') break;
      if (step.kind === 'refused') return { messages, failure: step.failure };
      messages.push(step.message.toString('latin1'));
      at = step.next;
    }
    piece.fill(0); // what is on loan is taken back
  }
  return { messages, failure: undefined as FramingFailure | undefined };
}

/** The bytes cut at any places. */
function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((place, index) => Buffer.from(bytes.subarray(places[index], place)));
}

const cuts = fc.array(fc.nat(), { maxLength: 40 });
const LIMIT = 1000;
const make = {
  'end-of-message': () => new EndOfMessageFramer(LIMIT),
  chunked: () => new ChunkedFramer(LIMIT),
};

describe.each(['end-of-message', 'chunked'] as const)('%s framing', (framing) => {
  // Marks and headers, whole and in part, are what a message must not be cut at.
  const message = fc
    .array(fc.oneof(fc.constantFrom(']', ']]', ']]>', ']]>]]', '\n', '\n#', '\n##\n', '#1\n', '<a>'), fc.string()), {
      maxLength: 8,
    })
    .map((parts) => parts.join(''))
    .filter((text) => text !== '' && !text.includes(']]>]]>') && Buffer.byteLength(text) <= LIMIT)
    // Only there may the end of a message and the start of the mark be taken for one another.
    .filter((text) => framing === 'chunked' || `${text}]]>]]>`.indexOf(']]>]]>') === text.length);

  test('any split of what was framed gives the messages back', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), cuts, (messages, places) => {
        const bytes = Buffer.concat(messages.map((text) => frame(text, framing)));
        expect(readAll(make[framing](), split(bytes, places))).toEqual({
          messages: messages.map((text) => Buffer.from(text).toString('latin1')),
          failure: undefined,
        });
      }),
    );
  });

  test('any split of any bytes gives the same, and nothing throws', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(']]>]]>', '\n#', '\n#3\n', '\n#12\nab', '\n##\n', '0', 'abc').map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), cuts, (pieces, places) => {
        const bytes = Buffer.concat(pieces);
        expect(readAll(make[framing](), split(bytes, places))).toEqual(readAll(make[framing](), [Buffer.from(bytes)]));
      }),
    );
  });

  test('a message of the limit passes; one byte more is too big, wherever it is cut', () => {
    const whole = (size: number) => frame('x'.repeat(size), framing);
    const tooBig = { kind: 'too-big', limit: 'message', allowed: LIMIT };
    fc.assert(
      fc.property(cuts, (places) => {
        expect(readAll(make[framing](), split(whole(LIMIT), places)).messages).toEqual(['x'.repeat(LIMIT)]);
        expect(readAll(make[framing](), split(whole(LIMIT + 1), places))).toEqual({ messages: [], failure: tooBig });
      }),
    );
  });
});

test('chunks of any size make one message', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1, unit: 'binary-ascii' }), { minLength: 1, maxLength: 20 }),
      cuts,
      (chunks, places) => {
        const bytes = Buffer.from(`${chunks.map((chunk) => `\n#${chunk.length}\n${chunk}`).join('')}\n##\n`);
        expect(readAll(new ChunkedFramer(LIMIT), split(bytes, places)).messages).toEqual([chunks.join('')]);
      },
    ),
  );
});

test.each([
  ['<rpc/>]]>]]>', 'chunked framing: expected a line feed before "#", found "<"'],
  ['\n\n#1\na', 'chunked framing: expected "#", found byte 10'],
  ['\n#0\n', 'chunked framing: expected a chunk-size from 1, found "0"'],
  ['\n#-1\n', 'chunked framing: expected a chunk-size from 1, found "-"'],
  ['\n##\n', 'chunked framing: expected a chunk-size from 1, found "#"'],
  ['\n#1x', 'chunked framing: expected a digit or a line feed, found "x"'],
  ['\n#1\r', 'chunked framing: expected a digit or a line feed, found byte 13'],
  ['\n#4294967296\n', 'chunked framing: expected a chunk-size of at most 4294967295'],
  ['\n#1\nab', 'chunked framing: expected a line feed before "#", found "b"'],
  ['\n#1\na\n#0', 'chunked framing: expected a chunk-size from 1, or "#", found "0"'],
  ['\n#1\na\n##x', 'chunked framing: expected a line feed after "##", found "x"'],
])('chunked framing refuses %j', (text, message) => {
  expect(readAll(new ChunkedFramer(LIMIT), [Buffer.from(text)])).toEqual({
    messages: [],
    failure: { kind: 'bad-framing', message },
  });
});

test('the largest chunk-size is a size, not an error of framing', () => {
  expect(readAll(new ChunkedFramer(LIMIT), [Buffer.from('\n#4294967295\n')]).failure?.kind).toBe('too-big');
});

test('the example of RFC 6242 §4.2 reads as the RFC says', () => {
  const example =
    '\n#4\n<rpc\n#18\n message-id="102"\n\n#79\n     xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">\n  <close-session/>\n</rpc>\n##\n';
  expect(readAll(new ChunkedFramer(LIMIT), [Buffer.from(example)]).messages).toEqual([
    '<rpc message-id="102"\n     xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">\n  <close-session/>\n</rpc>',
  ]);
});

test('many small pieces are not kept one by one', () => {
  const framer = openFramer('end-of-message', 1 << 20);
  const byte = Buffer.from('x');
  for (let count = 0; count < 100_000; count++) expect(framer.read(byte, 0).kind).toBe('more');
  const step = framer.read(Buffer.from(']]>]]>'), 0);
  expect(step.kind === 'message' && step.message.length).toBe(100_000);
});

test('a mark inside a message cannot end it', () => {
  const { messages } = readAll(new EndOfMessageFramer(LIMIT), [frame('<a b="]]>]]>"/>', 'end-of-message')]);
  expect(messages).toEqual(['<a b="]]&gt;]]&gt;"/>']);
});

test('a hello is read in either framing, however it is cut', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('<hello/>', '\n<hello/>', '\n'),
      fc.constantFrom('end-of-message' as const, 'chunked' as const),
      cuts,
      (text, framing, places) => {
        const framer = new HelloFramer(LIMIT);
        expect(readAll(framer, split(frame(text, framing), places)).messages).toEqual([text]);
        expect(framer.framing).toBe(framing);
      },
    ),
  );
});
