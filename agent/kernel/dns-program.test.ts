import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePrefix } from '../lanes/ip-address.ts';
import { MOST_SERVERS } from '../lanes/render-dns.ts';
import { interpret } from './bpf-interpreter.fixture.ts';
import { dnsProgram, MEMORY, TABLE } from './dns-program.ts';

const TABLE_MAP = 3;
const MEMORY_MAP = 4;
const SOCKET = 77;

type Family = 4 | 6;
const bytesOf = (address: string, family: Family): Buffer =>
  Buffer.from(
    parsePrefix(address)!
      .network.toString(16)
      .padStart(family === 4 ? 8 : 32, '0'),
    'hex',
  );

/** One socket and the programs around it. */
class Socket {
  readonly #table = Buffer.alloc(TABLE.size);
  #memory: Buffer | undefined;
  full = false;

  constructor(four: readonly string[], six: readonly string[]) {
    for (let place = 0; place < MOST_SERVERS; place++) {
      const [one, other] = [four[place] ?? four[0], six[place] ?? six[0]];
      if (one !== undefined) bytesOf(one, 4).copy(this.#table, TABLE.four + 4 * place);
      if (other !== undefined) bytesOf(other, 6).copy(this.#table, TABLE.six + 16 * place);
    }
    this.#table.writeUInt32LE(six.length > 0 ? 1 : 0, TABLE.anySix);
  }

  /** Where it goes, as bytes; `undefined`: refused. IPv4 addresses may come as mapped ones. */
  run(does: 'ask' | 'answer', family: Family, address: Buffer, port = 53): Buffer | undefined {
    const context = Buffer.alloc(72);
    const at = family === 4 ? 4 : 8;
    address.copy(context, at);
    context.writeUInt16BE(port, 24);
    const returned = interpret(dnsProgram({ does, family }, { table: TABLE_MAP, memory: MEMORY_MAP }), {
      context,
      maps: new Map<number, Buffer | number>([
        [TABLE_MAP, this.#table],
        [MEMORY_MAP, MEMORY_MAP],
      ]),
      pointers: { 64: SOCKET },
      helpers: {
        107: (map, socket, start, flags) => {
          expect([map, socket, start]).toEqual([MEMORY_MAP, SOCKET, 0]);
          if (flags === 1 && !this.full) this.#memory ??= Buffer.alloc(MEMORY.size);
          return this.#memory === undefined ? 0 : { bytes: this.#memory, at: 0 };
        },
      },
    });
    expect(context.readUInt16BE(24)).toBe(port);
    return returned === 0 ? undefined : context.subarray(at, at + address.length);
  }
}

const mapped = (four: Buffer) => Buffer.concat([Buffer.alloc(10), Buffer.from([255, 255]), four]);
const servers4 = fc.uniqueArray(
  fc.ipV4().filter((one) => one !== '0.0.0.0'),
  { maxLength: MOST_SERVERS },
);
const servers6 = fc
  .uniqueArray(fc.uint8Array({ minLength: 16, maxLength: 16 }), { maxLength: MOST_SERVERS })
  .map((all) =>
    all.map((bytes) =>
      Buffer.from([0x20, 0x01, ...bytes.subarray(2)])
        .toString('hex')
        .match(/.{4}/g)!
        .join(':'),
    ),
  );
/** In one place in three the destination is a server already. */
const near = (servers: readonly string[], family: Family) =>
  fc.oneof(
    {
      arbitrary: fc.constantFrom(...servers.map((one) => bytesOf(one, family)), Buffer.alloc(family === 4 ? 4 : 16)),
      weight: 1,
    },
    {
      arbitrary: fc.uint8Array({ minLength: family === 4 ? 4 : 16, maxLength: family === 4 ? 4 : 16 }).map(Buffer.from),
      weight: 2,
    },
  );

test('what goes to port 53 goes to the first server, or to one of them if it went there; else nowhere', () => {
  fc.assert(
    fc.property(
      servers4.chain((four) => fc.tuple(fc.constant(four), near(four, 4))),
      servers6.chain((six) => fc.tuple(fc.constant(six), near(six, 6))),
      ([four, to4], [six, to6]) => {
        const expected = (servers: readonly string[], family: Family, to: Buffer) => {
          const all = servers.map((one) => bytesOf(one, family));
          return all.find((one) => one.equals(to)) ?? all[0];
        };
        const socket = new Socket(four, six);
        expect(socket.run('ask', 4, to4)).toEqual(expected(four, 4, to4));
        const first = expected(four, 4, to4);
        expect(socket.run('ask', 6, mapped(to4))).toEqual(first && mapped(first));
        expect(socket.run('ask', 6, to6)).toEqual(expected(six, 6, to6));
      },
    ),
  );
});

test('an answer seems to come from whom the socket asked, in each family', () => {
  fc.assert(
    fc.property(
      fc.tuple(servers4, servers6).filter(([four, six]) => four.length > 0 && six.length > 0),
      fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from([10, ...bytes.subarray(1)])),
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from([0xfd, ...bytes.subarray(1)])),
      ([four, six], asked4, asked6) => {
        fc.pre(!four.some((one) => bytesOf(one, 4).equals(asked4)));
        const socket = new Socket(four, six);
        const [from4, from6] = [bytesOf(four[0]!, 4), bytesOf(six[0]!, 6)];
        // Nothing asked yet: as it comes.
        expect(socket.run('answer', 4, from4)).toEqual(from4);
        expect(socket.run('answer', 6, from6)).toEqual(from6);
        socket.run('ask', 4, asked4);
        expect(socket.run('answer', 6, from6)).toEqual(from6);
        socket.run('ask', 6, asked6);
        expect(socket.run('answer', 4, from4)).toEqual(asked4);
        expect(socket.run('answer', 6, mapped(from4))).toEqual(mapped(asked4));
        expect(socket.run('answer', 6, from6)).toEqual(asked6);
        // Somebody else's are left alone.
        const other = Buffer.from([203, 0, 113, 9]);
        if (!other.equals(from4)) expect(socket.run('answer', 4, other)).toEqual(other);
      },
    ),
  );
});

test('other ports are not touched', () => {
  const socket = new Socket(['198.51.100.53'], ['2001:db8::53']);
  const [stub, loopback] = [bytesOf('127.0.0.53', 4), bytesOf('::1', 6)];
  for (const port of [0, 52, 54, 443, 853, 5353, 0x3500]) {
    expect(socket.run('ask', 4, stub, port)).toEqual(stub);
    expect(socket.run('ask', 6, mapped(stub), port)).toEqual(mapped(stub));
    expect(socket.run('ask', 6, loopback, port)).toEqual(loopback);
    expect(new Socket([], []).run('ask', 6, loopback, port)).toEqual(loopback);
  }
});

test('without memory the question goes there all the same', () => {
  const socket = new Socket(['198.51.100.53'], ['2001:db8::53']);
  socket.full = true;
  const server = bytesOf('198.51.100.53', 4);
  expect(socket.run('ask', 4, bytesOf('127.0.0.53', 4))).toEqual(server);
  expect(socket.run('ask', 6, bytesOf('::1', 6))).toEqual(bytesOf('2001:db8::53', 6));
  expect(socket.run('answer', 4, server)).toEqual(server);
});
