import { type Base, CAPABILITY, commonBase } from './capabilities.ts';
import { encodeNotification, encodeReply, PLAIN_REPLY, type ReplyContent } from './envelope-codec.ts';
import { encodeHello, parseHello } from './hello-codec.ts';
import { type MessageLimits, SERVER_LIMITS } from './limits.ts';
import {
  LONGEST_MESSAGE_ID,
  type ReplyTag,
  type RpcEnvelope,
  type RpcEnvelopeFailure,
  readRpcEnvelope,
} from './rpc-envelope.ts';
import { type RpcError, rpcError } from './rpc-error.ts';
import { Session, type SessionCounters, type SessionFailure } from './session.ts';
import { decodeUtf8 } from './utf8.ts';

export type ServerEvent =
  | { readonly kind: 'open'; readonly base: Base; readonly capabilities: readonly string[] }
  | { readonly kind: 'rpc'; readonly envelope: RpcEnvelope }
  /** A message that is refused already. Answer it in its turn: replies go in the order of requests (RFC 6241 §4.5). */
  | { readonly kind: 'bad-rpc'; readonly reply: ReplyTag; readonly error: RpcError }
  /** Close the stream. */
  | { readonly kind: 'closed'; readonly failure: SessionFailure };

/** The counters of RFC 6022 §2.1.4 and what is discarded. */
export interface ServerSessionCounters extends SessionCounters {
  inRpcs: number;
  inBadRpcs: number;
  outRpcErrors: number;
  outNotifications: number;
}

/** The server's end of a session. */
export class ServerSession extends Session<ServerEvent> {
  readonly counters: ServerSessionCounters = {
    received: 0,
    sent: 0,
    discardedBytes: 0,
    chunkedHellos: 0,
    inRpcs: 0,
    inBadRpcs: 0,
    outRpcErrors: 0,
    outNotifications: 0,
  };
  readonly sessionId: number;
  readonly #capabilities: readonly string[];
  #theirs: readonly string[] = [];

  constructor({
    sessionId,
    capabilities,
    limits = SERVER_LIMITS,
  }: {
    /** 1 to 4294967295. */
    readonly sessionId: number;
    /** With at least one of base:1.0 and base:1.1. */
    readonly capabilities: readonly string[];
    readonly limits?: MessageLimits;
  }) {
    super(limits);
    this.sessionId = sessionId;
    this.#capabilities = capabilities;
  }

  /** The first thing to send; there is no need to wait for the client's (RFC 6241 §8.1). */
  start(): Buffer {
    return this.frame(encodeHello({ capabilities: this.#capabilities, sessionId: this.sessionId }));
  }

  encodeReply(reply: ReplyTag, content: ReplyContent): Buffer {
    if (content.kind === 'refused') this.counters.outRpcErrors += content.errors.length;
    return this.frame(encodeReply(reply, content));
  }

  encodeNotification(eventTime: string, content: string): Buffer {
    this.counters.outNotifications++;
    return this.frame(encodeNotification(eventTime, content));
  }

  /** For who reads the body and finds that it is no XML: with base:1.0 that ends the session (RFC 6241 §3). */
  refuseMalformed(message: string, reply: ReplyTag = PLAIN_REPLY): ServerEvent {
    if (this.base !== '1.1') return this.fail({ kind: 'malformed', message });
    return this.#refuse(rpcError.malformedMessage({ message }), reply);
  }

  protected override hello(text: string): Base | SessionFailure {
    const hello = parseHello(text, 'client', this.limits);
    if (!hello.ok) return hello.failure;
    this.#theirs = hello.value.capabilities;
    return (
      commonBase(this.#capabilities, this.#theirs) ?? {
        kind: 'no-common-version',
        message: `expected the capability ${CAPABILITY.base11} or ${CAPABILITY.base10}`,
      }
    );
  }

  protected override opened(base: Base): ServerEvent {
    return { kind: 'open', base, capabilities: this.#theirs };
  }

  protected override message(bytes: Buffer): ServerEvent {
    const text = decodeUtf8(bytes);
    if (text === undefined) return this.refuseMalformed('expected UTF-8');
    const read = readRpcEnvelope(text, this.limits);
    if (!read.ok) return this.#refuseEnvelope(read.failure);
    this.counters.inRpcs++;
    return { kind: 'rpc', envelope: read.value };
  }

  protected override closed(failure: SessionFailure): ServerEvent {
    return { kind: 'closed', failure };
  }

  #refuseEnvelope(failure: RpcEnvelopeFailure): ServerEvent {
    switch (failure.kind) {
      case 'malformed':
        return this.refuseMalformed(failure.message);
      case 'too-big':
        return this.#refuse(
          rpcError.tooBig('rpc', { message: `more than ${failure.allowed} ${failure.limit}` }),
          PLAIN_REPLY,
        );
      case 'not-rpc':
        return this.#refuse(
          rpcError.unknownElement('protocol', failure.name, { message: `expected <rpc>, found <${failure.name}>` }),
          PLAIN_REPLY,
        );
      case 'no-message-id':
        return this.#refuse(rpcError.missingAttribute('rpc', 'message-id', 'rpc'), failure.reply);
      case 'long-message-id': {
        const message = `expected at most ${LONGEST_MESSAGE_ID} characters`;
        return this.#refuse(rpcError.badAttribute('rpc', 'message-id', 'rpc', { message }), failure.reply);
      }
      case 'no-operation':
        // The name of the element that all operations stand in for (RFC 6241 Appendix B).
        return this.#refuse(
          rpcError.missingElement('protocol', 'rpcOperation', { message: 'expected an operation in <rpc>' }),
          failure.reply,
        );
    }
  }

  #refuse(error: RpcError, reply: ReplyTag): ServerEvent {
    this.counters.inBadRpcs++;
    return { kind: 'bad-rpc', reply, error };
  }
}
