import { escapeText, writeXml, type XmlElement, xmlElement } from '@sublane/netconf';
import type { EventStream } from '../notifications/event.ts';
import { DATASTORES_NAMESPACE, PUSH_NAMESPACE } from './names.ts';
import type { ChangeType } from './patch-edits.ts';

/** A filter as it was given: its own element, or the name of one in the configuration. */
export type FilterTerm =
  | { readonly kind: 'none' }
  | { readonly kind: 'own'; readonly element: XmlElement }
  | { readonly kind: 'named'; readonly name: string };

/** Datastores that can be subscribed to (RFC 8342 §5). */
export const PUSHED_DATASTORES = ['running', 'intended', 'candidate', 'startup', 'operational'] as const;
export type PushedDatastore = (typeof PUSHED_DATASTORES)[number];

/** When updates are sent (RFC 8641 §3.1). Times in hundredths of a second. */
export type UpdateTrigger =
  | { readonly kind: 'periodic'; readonly period: number; readonly anchor: Moment | undefined }
  | {
      readonly kind: 'on-change';
      readonly dampening: number;
      readonly syncOnStart: boolean;
      readonly excluded: readonly ChangeType[];
    };

/** A time, and how its owner wrote it. */
export interface Moment {
  readonly at: Date;
  readonly text: string;
}

export interface StreamTerms {
  readonly kind: 'stream';
  readonly stream: EventStream;
  readonly filter: FilterTerm;
  readonly replayStart: Moment | undefined;
  readonly stop: Moment | undefined;
}

export interface PushTerms {
  readonly kind: 'datastore';
  readonly datastore: PushedDatastore;
  readonly filter: FilterTerm;
  readonly trigger: UpdateTrigger;
  readonly stop: Moment | undefined;
}

export type Terms = StreamTerms | PushTerms;

/** What stands below <subscription> or <subscription-modified>, in RFC 8639's namespace; the filter as it is in force. */
export function termsXml(terms: Terms, filter: XmlElement | undefined): string {
  const stop = leaf('stop-time', terms.stop?.text);
  return `${terms.kind === 'stream' ? streamXml(terms, filter) : pushXml(terms, filter)}${stop}<encoding>encode-xml</encoding>`;
}

function streamXml({ stream, filter, replayStart }: StreamTerms, own: XmlElement | undefined): string {
  return (
    (filter.kind === 'named' ? leaf('stream-filter-name', filter.name) : own === undefined ? '' : writeXml(own)) +
    leaf('stream', stream.name) +
    leaf('replay-start-time', replayStart?.text)
  );
}

function pushXml({ datastore, filter, trigger }: PushTerms, own: XmlElement | undefined): string {
  const parts = [
    xmlElement('datastore', PUSH_NAMESPACE, `ds:${datastore}`, { prefixes: { ds: DATASTORES_NAMESPACE } }),
    ...(filter.kind === 'named' ? [pushed('selection-filter-ref', filter.name)] : own === undefined ? [] : [own]),
    trigger.kind === 'periodic'
      ? pushed('periodic', [
          pushed('period', String(trigger.period)),
          ...(trigger.anchor === undefined ? [] : [pushed('anchor-time', trigger.anchor.text)]),
        ])
      : pushed('on-change', [
          pushed('dampening-period', String(trigger.dampening)),
          pushed('sync-on-start', String(trigger.syncOnStart)),
          ...trigger.excluded.map((change) => pushed('excluded-change', change)),
        ]),
  ];
  return parts.map(writeXml).join('');
}

const pushed = (name: string, content: string | readonly XmlElement[]) => xmlElement(name, PUSH_NAMESPACE, content);
const leaf = (name: string, value: string | undefined) =>
  value === undefined ? '' : `<${name}>${escapeText(value)}</${name}>`;
