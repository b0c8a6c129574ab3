import type { JsonObject } from '@sublane/basics';
import type { XmlElement } from '@sublane/netconf';
import type { ActionCall, RpcCall } from './rpc-table.ts';
import type { Session } from './session.ts';

/** A session whose signal is made only for those who ask. */
type SignallingSession = Session & { readonly signal: AbortSignal };

export class HandlerCall implements RpcCall {
  readonly module: string;
  readonly name: string;
  readonly input: JsonObject;
  readonly xml: string;
  readonly messageId: string;
  readonly session: SignallingSession;

  constructor(call: {
    readonly module: string;
    readonly name: string;
    readonly input: JsonObject;
    readonly xml: string;
    readonly messageId: string;
    readonly session: SignallingSession;
  }) {
    this.module = call.module;
    this.name = call.name;
    this.input = call.input;
    this.xml = call.xml;
    this.messageId = call.messageId;
    this.session = call.session;
  }

  get signal(): AbortSignal {
    return this.session.signal;
  }
}

export class HandlerActionCall extends HandlerCall implements ActionCall {
  readonly instance: string;
  readonly instanceXml: XmlElement;

  constructor(
    call: ConstructorParameters<typeof HandlerCall>[0],
    at: { readonly instance: string; readonly instanceXml: XmlElement },
  ) {
    super(call);
    this.instance = at.instance;
    this.instanceXml = at.instanceXml;
  }
}
