import type { Duplex } from 'node:stream';
import { CAPABILITY, type ReplyContent, type RpcEnvelope, SERVER_LIMITS, ServerSession } from '@sublane/netconf';

/** What a server answers; `undefined`: nothing, ever. */
export type Script = (envelope: RpcEnvelope, server: ScriptedServer) => ReplyContent | undefined;

/** A server that offers everything. */
export const EVERYTHING: readonly string[] = [
  ...Object.values(CAPABILITY).filter((uri) => uri !== CAPABILITY.withDefaults && !uri.includes('url:')),
  `${CAPABILITY.withDefaults}?basic-mode=explicit&also-supported=report-all,report-all-tagged,trim`,
  'urn:ietf:params:netconf:capability:url:1.0?scheme=file,https',
];

/** A server's end of a session with prepared answers: the real session machine, without datastores. */
export class ScriptedServer {
  readonly session: ServerSession;
  readonly stream: Duplex;
  /** Operations as they came. */
  readonly asked: RpcEnvelope[] = [];

  constructor(
    stream: Duplex,
    script: Script,
    {
      capabilities = EVERYTHING,
      sessionId = 1,
    }: { readonly capabilities?: readonly string[]; readonly sessionId?: number } = {},
  ) {
    this.stream = stream;
    this.session = new ServerSession({ sessionId, capabilities, limits: SERVER_LIMITS });
    stream.on('error', () => {});
    stream.on('data', (piece: Buffer) => {
      for (const event of this.session.push(piece)) {
        if (event.kind === 'closed') stream.end();
        if (event.kind === 'bad-rpc') this.answer(event, { kind: 'refused', errors: [event.error] });
        if (event.kind !== 'rpc') continue;
        this.asked.push(event.envelope);
        const closing = event.envelope.operation.name === 'close-session';
        const content = closing ? ({ kind: 'ok' } as const) : script(event.envelope, this);
        if (content !== undefined) this.answer(event.envelope, content);
        if (closing) stream.end();
      }
    });
    stream.on('end', () => stream.end());
    stream.write(this.session.start());
  }

  answer({ reply }: Pick<RpcEnvelope, 'reply'>, content: ReplyContent): void {
    this.stream.write(this.session.encodeReply(reply, content));
  }

  notify(content: string, eventTime = '2026-01-02T03:04:05Z'): void {
    this.stream.write(this.session.encodeNotification(eventTime, content));
  }
}

export const answerOk: Script = () => ({ kind: 'ok' });

/** Sends the rpc's own element back. */
export const echo: Script = ({ text }) => ({
  kind: 'data',
  xml: text.replace(/^<rpc[^>]*>/, '').replace(/<\/rpc>$/, ''),
});
