import { createSocket, type RemoteInfo } from 'node:dgram';
import { failed, ok, type Result, systemClock, unwrap } from '@sublane/basics';

import { attribute, firstValue, withKey } from '../codec/attribute.ts';
import { DICTIONARY, ERROR_CAUSE } from '../codec/dictionary.ts';
import { formatIpv4, parseIpv6 } from '../codec/ip-text.ts';
import { decodeRequest, encodeResponse, type Secret } from '../codec/message.ts';
import { CODE, type DecodeRefusal, type Packet } from '../codec/packet.ts';
import { noLog } from '../surroundings.ts';
import { AnswerMemory } from './answer-memory.ts';
import type {
  DynamicAuthorizationAnswer,
  DynamicAuthorizationCounters,
  DynamicAuthorizationListener,
  DynamicAuthorizationOptions,
  ListenFailure,
} from './dynamic-authorization-types.ts';

const DEFAULT_PORT = 3799;
/** RFC 5176 §6.3: "an Event-Timestamp … within 300 seconds". */
const WINDOW_SECONDS = 300;
/** Answers remembered; more requests than that in ten minutes are not taken. */
const REMEMBERED = 65_536;
const MOST_AT_ONCE = 1_024;

type Counters = { -readonly [Name in keyof DynamicAuthorizationCounters]: number };

/**
 * Listens for Disconnect-Requests and CoA-Requests over UDP (RFC 5176). What is not genuine, fresh and from a client that
 * is known is dropped in silence and counted.
 */
export async function listenDynamicAuthorization(
  options: DynamicAuthorizationOptions,
): Promise<Result<DynamicAuthorizationListener, ListenFailure>> {
  const { host, port = DEFAULT_PORT } = options;
  const socket = createSocket({ type: parseIpv6(host) === undefined ? 'udp4' : 'udp6', recvBufferSize: 1 << 20 });
  try {
    await new Promise<void>((bound, refused) => {
      socket.once('error', refused);
      socket.bind({ address: host, port, exclusive: true }, bound);
    });
  } catch (error) {
    socket.close();
    const { code, message } = error as NodeJS.ErrnoException;
    return failed({ kind: 'cannot-listen', code, message: `Cannot listen on ${host} port ${port}: ${message}.` });
  }
  socket.removeAllListeners('error').on('error', () => {});
  let open = true;
  const receiver = new Receiver(options, (answer, to) => {
    // An answer that gets lost is asked for again, and is then in the memory.
    if (open) socket.send(answer, to.port, to.address, () => {});
  });
  socket.on('message', (datagram, from) => void receiver.received(datagram, from));
  const { address, port: bound } = socket.address();
  return ok({
    address,
    port: bound,
    counters: () => ({ ...receiver.counters }),
    close: async () => {
      if (!open) return;
      open = false;
      await new Promise<void>((closed) => socket.close(closed));
    },
  });
}

type From = Pick<RemoteInfo, 'address' | 'port'>;

/** What is done with a datagram, whatever socket it came from. */
export class Receiver {
  readonly #options: DynamicAuthorizationOptions;
  readonly #send: (answer: Uint8Array, to: From) => void;
  readonly #memory = new AnswerMemory(REMEMBERED);
  #doing = 0;
  readonly counters: Counters = {
    accepted: 0,
    repeated: 0,
    unknownClient: 0,
    malformed: 0,
    forged: 0,
    stale: 0,
    overload: 0,
  };

  constructor(options: DynamicAuthorizationOptions, send: (answer: Uint8Array, to: From) => void) {
    this.#options = options;
    this.#send = send;
  }

  async received(datagram: Uint8Array, from: From): Promise<void> {
    const { secretOf, clock = systemClock } = this.#options;
    const client = canonical(from.address);
    const secret = secretOf(client);
    // RFC 5176 §2.3: from one that is not known, "silently discard".
    if (secret === undefined || secret.length === 0) return this.#drop('unknownClient', client);
    const decoded = decodeRequest(datagram, secret);
    if (!decoded.ok) return this.#drop(COUNTED_AS[decoded.failure], client, decoded.failure);
    const packet = decoded.value;
    const kind = KINDS[packet.code];
    if (kind === undefined) return this.#drop('malformed', client, 'unexpected-code');
    const stamp = firstValue(packet.attributes, 'Event-Timestamp');
    if (stamp === undefined || Math.abs(clock.now() / 1000 - stamp) > WINDOW_SECONDS)
      return this.#drop('stale', client);

    const key = `${client} ${packet.id} ${Buffer.from(packet.authenticator).toString('latin1')}`;
    if (this.#doing >= MOST_AT_ONCE) return this.#drop('overload', client);
    const known = this.#memory.recall(key, clock.sinceBoot());
    if (known === 'too-many') return this.#drop('overload', client);
    if (known !== 'new') {
      this.counters.repeated++;
      if (known !== 'being-done') this.#send(known.answer, from);
      return;
    }
    this.counters.accepted++;
    this.#doing++;
    const answer = await this.#handle(kind, client, packet, secret);
    this.#doing--;
    this.#memory.answered(key, answer);
    this.#send(answer, from);
  }

  async #handle(kind: 'disconnect' | 'change', client: string, packet: Packet, secret: Secret): Promise<Uint8Array> {
    try {
      return encodeAnswer(packet, await this.#options.handle({ kind, client, attributes: packet.attributes }), secret);
    } catch (error) {
      const { log = noLog } = this.#options;
      log.warn({ client, kind, error: String(error) }, 'dynamic authorization failed');
      return encodeAnswer(packet, { answer: 'nak', errorCause: ERROR_CAUSE.resourcesUnavailable }, secret);
    }
  }

  #drop(counter: keyof Counters, client: string, refusal?: DecodeRefusal): void {
    this.counters[counter]++;
    const { log = noLog } = this.#options;
    log.debug({ client, counter, ...(refusal && { refusal }) }, 'dynamic authorization packet ignored');
  }
}

function encodeAnswer(request: Packet, answer: DynamicAuthorizationAnswer, secret: Secret): Uint8Array {
  // ACK and NAK follow their request: 41 and 42 after 40, 44 and 45 after 43.
  const code = request.code + (answer.answer === 'ack' ? 1 : 2);
  const cause = answer.answer === 'ack' ? [] : [attribute('Error-Cause', answer.errorCause)];
  // RFC 5176 §3: Proxy-State comes back unchanged, in its order. What came in one packet fits in another.
  const proxied = withKey(request.attributes, DICTIONARY['Proxy-State']);
  return unwrap(encodeResponse({ code, attributes: [...cause, ...proxied], secret, request }));
}

const KINDS: Readonly<Record<number, 'disconnect' | 'change'>> = {
  [CODE.disconnectRequest]: 'disconnect',
  [CODE.changeRequest]: 'change',
};

const COUNTED_AS: Readonly<Record<DecodeRefusal, 'malformed' | 'forged'>> = {
  truncated: 'malformed',
  'bad-length': 'malformed',
  'too-long': 'malformed',
  'attribute-overrun': 'malformed',
  'attribute-value': 'malformed',
  'unexpected-code': 'malformed',
  'authenticator-wrong': 'forged',
  'message-authenticator-missing': 'forged',
  'message-authenticator-wrong': 'forged',
};

/** An IPv4 address that came by an IPv6 socket is one all the same; a zone is not part of an address. */
function canonical(address: string): string {
  const bytes = parseIpv6(address);
  if (bytes === undefined) return address.replace(/%.*$/, '');
  const mapped = bytes.subarray(0, 12).every((byte, at) => byte === (at < 10 ? 0 : 0xff));
  return mapped ? formatIpv4(bytes.subarray(12)) : address;
}
