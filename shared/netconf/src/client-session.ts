import { failed, ok, type Result } from '@sublane/basics';
import { type Base, CAPABILITY, commonBase } from './capabilities.ts';
import { encodeRpc, isReply, parseServerMessage, type ServerMessage } from './envelope-codec.ts';
import { encodeHello, parseHello } from './hello-codec.ts';
import { CLIENT_LIMITS, type MessageLimits } from './limits.ts';
import { Session, type SessionCounters, type SessionFailure } from './session.ts';
import { decodeUtf8 } from './utf8.ts';
import { attributeValue } from './xml-element.ts';
import { readXml, type XmlFailure } from './xml-reader.ts';

export type ClientEvent =
  | {
      readonly kind: 'open';
      readonly base: Base;
      readonly capabilities: readonly string[];
      readonly sessionId: number;
    }
  /** The answer to a request in flight. */
  | { readonly kind: 'reply'; readonly messageId: string; readonly reply: ServerReply }
  /** It came, but cannot be read; the session goes on. */
  | { readonly kind: 'bad-reply'; readonly messageId: string; readonly failure: XmlFailure }
  | { readonly kind: 'notification'; readonly notification: ServerNotification }
  /** A message nobody waits for; the counters say how many. */
  | { readonly kind: 'discarded'; readonly why: Discard }
  /** Close the stream. */
  | { readonly kind: 'closed'; readonly failure: SessionFailure };

export type ServerReply = Extract<ServerMessage, { kind: 'reply' }>;
export type ServerNotification = Extract<ServerMessage, { kind: 'notification' }>;

export type Discard =
  /** Its request was given up (`forget`). */
  | { readonly kind: 'late-reply'; readonly messageId: string }
  /** No request has this message-id; or it has none, though requests are in flight. */
  | { readonly kind: 'unknown-reply'; readonly messageId: string | undefined };

export type RequestFailure =
  /** The hellos are not exchanged yet, or the session has ended. */
  | { readonly kind: 'not-open' }
  /** So many requests wait for their replies already. */
  | { readonly kind: 'too-many-requests'; readonly allowed: number };

export interface ClientSessionCounters extends SessionCounters {
  outRpcs: number;
  notifications: number;
  lateReplies: number;
  unknownReplies: number;
}

/** The client's end of a session. */
export class ClientSession extends Session<ClientEvent> {
  readonly counters: ClientSessionCounters = {
    received: 0,
    sent: 0,
    discardedBytes: 0,
    chunkedHellos: 0,
    outRpcs: 0,
    notifications: 0,
    lateReplies: 0,
    unknownReplies: 0,
  };
  readonly #capabilities: readonly string[];
  readonly #requestLimit: number;
  /** In the order sent; true: still waited for. */
  readonly #requests = new Map<string, boolean>();
  #lastId = 0;
  #server: { readonly capabilities: readonly string[]; readonly sessionId: number } | undefined;

  constructor({
    capabilities = [CAPABILITY.base10, CAPABILITY.base11],
    limits = CLIENT_LIMITS,
    requests = 256,
  }: {
    readonly capabilities?: readonly string[];
    readonly limits?: MessageLimits;
    /** In flight at once, those given up but not answered among them. */
    readonly requests?: number;
  } = {}) {
    super(limits);
    this.#capabilities = capabilities;
    this.#requestLimit = requests;
  }

  /** The first thing to send. */
  start(): Buffer {
    return this.frame(encodeHello({ capabilities: this.#capabilities }));
  }

  /** Requests without a reply so far. */
  get inFlight(): number {
    return this.#requests.size;
  }

  /** @param operation the child of `<rpc>`; without a namespace of its own it is in NETCONF's */
  request(operation: string): Result<{ readonly messageId: string; readonly bytes: Buffer }, RequestFailure> {
    if (this.base === undefined || this.ended) return failed({ kind: 'not-open' });
    if (this.#requests.size >= this.#requestLimit) {
      return failed({ kind: 'too-many-requests', allowed: this.#requestLimit });
    }
    const messageId = String(++this.#lastId);
    this.#requests.set(messageId, true);
    this.counters.outRpcs++;
    return ok({ messageId, bytes: this.frame(encodeRpc(messageId, operation)) });
  }

  /** Nobody waits for this reply any more; it still counts as in flight, for the server works on it. */
  forget(messageId: string): void {
    if (this.#requests.has(messageId)) this.#requests.set(messageId, false);
  }

  protected override hello(text: string): Base | SessionFailure {
    const hello = parseHello(text, 'server', this.limits);
    if (!hello.ok) return hello.failure;
    const { capabilities, sessionId = 0 } = hello.value;
    this.#server = { capabilities, sessionId };
    return (
      commonBase(this.#capabilities, capabilities) ?? {
        kind: 'no-common-version',
        message: 'the server announces none of our versions of NETCONF (base:1.0, base:1.1)',
      }
    );
  }

  protected override opened(base: Base): ClientEvent {
    return { kind: 'open', base, ...this.#server! };
  }

  protected override message(bytes: Buffer): ClientEvent {
    const text = decodeUtf8(bytes)?.replace(/^[ \t\r\n]+/, '');
    if (text === undefined) return this.fail({ kind: 'malformed', message: 'expected UTF-8' });
    const read = parseServerMessage(text, this.limits);
    // A reply that cannot be read cannot be matched either: who waits for it would wait for ever.
    if (!read.ok) {
      return read.failure.kind === 'unexpected'
        ? this.fail({ kind: 'malformed', message: read.failure.message })
        : this.#badMessage(text, read.failure);
    }
    const message = read.value;
    if (message.kind === 'notification') {
      this.counters.notifications++;
      return { kind: 'notification', notification: message };
    }
    return this.#reply(message);
  }

  protected override closed(failure: SessionFailure): ClientEvent {
    return { kind: 'closed', failure };
  }

  /** The message is cut from the next one all the same; it costs one request, if it says which. */
  #badMessage(text: string, failure: XmlFailure): ClientEvent {
    const tag = readXml(text, this.limits, { startTags: 1 });
    const messageId = tag.ok && isReply(tag.value) ? attributeValue(tag.value, 'message-id') : undefined;
    if (messageId === undefined) return this.fail(failure);
    return this.#answered(messageId) ?? { kind: 'bad-reply', messageId, failure };
  }

  #reply(reply: ServerReply): ClientEvent {
    // Replies come in the order of requests (RFC 6241 §4.5): one without message-id answers the first.
    const messageId = reply.messageId ?? this.#requests.keys().next().value;
    return this.#answered(messageId) ?? { kind: 'reply', messageId: messageId!, reply };
  }

  /** Takes the request off the list; gives the event of a reply nobody waits for. */
  #answered(messageId: string | undefined): ClientEvent | undefined {
    const awaited = messageId === undefined ? undefined : this.#requests.get(messageId);
    if (messageId === undefined || awaited === undefined) {
      this.counters.unknownReplies++;
      return { kind: 'discarded', why: { kind: 'unknown-reply', messageId } };
    }
    this.#requests.delete(messageId);
    if (awaited) return undefined;
    this.counters.lateReplies++;
    return { kind: 'discarded', why: { kind: 'late-reply', messageId } };
  }
}
