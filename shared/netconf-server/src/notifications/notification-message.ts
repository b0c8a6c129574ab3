import {
  CLIENT_LIMITS,
  childElements,
  encodeNotification,
  type Framing,
  frame,
  readXml,
  type XmlElement,
} from '@sublane/netconf';
import type { ServerEvent } from './event.ts';
import type { NotificationMessage } from './outlet.ts';

/** Any notification: encoded when first asked for, once for each framing. */
export class EncodedNotification implements NotificationMessage {
  readonly at: Date;
  readonly xml: string;
  #chunked: Buffer | undefined;
  #endOfMessage: Buffer | undefined;

  /** @param xml the notification's element, with its namespace declared on itself */
  constructor(at: Date, xml: string) {
    this.at = at;
    this.xml = xml;
  }

  framed(framing: Framing): Buffer {
    if (framing === 'chunked') {
      this.#chunked ??= frame(this.#text(), framing);
      return this.#chunked;
    }
    this.#endOfMessage ??= frame(this.#text(), framing);
    return this.#endOfMessage;
  }

  #text(): string {
    return encodeNotification(this.at.toISOString(), this.xml);
  }
}

/** An event on its way to those who subscribed; its element is read once for all filters. */
export class EventMessage extends EncodedNotification {
  readonly event: ServerEvent;
  /** Its place in the log; undefined where there is none. */
  readonly sequence: number | undefined;
  #element: XmlElement | undefined;

  constructor(event: ServerEvent, sequence: number | undefined) {
    super(event.at, event.xml);
    this.event = event;
    this.sequence = sequence;
  }

  /** Throws where the event's XML is none. */
  get element(): XmlElement {
    if (this.#element === undefined) {
      const read = readXml(`<event>${this.xml}</event>`, CLIENT_LIMITS);
      const element = read.ok ? childElements(read.value)[0] : undefined;
      if (element === undefined) throw new Error(`the event ${this.event.module}:${this.event.name} is no XML`);
      this.#element = element;
    }
    return this.#element;
  }
}
