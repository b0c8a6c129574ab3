import { datastoreIdentity, type NmdaDatastore } from './nmda.ts';
import { contentXml, type Filter, identityLeaf, leaf, type XmlContent, xpathLeaf } from './xml-parts.ts';

/** RFC 8639. */
export const SUBSCRIBED_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications';
/** RFC 8641. */
export const YANG_PUSH_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-push';

/** By itself, or by the name it has in the server's configuration (RFC 8639 §2.2). */
export type SubscriptionFilter = Filter | { readonly named: string };

/** Events of a stream (RFC 8639 §2.4.2). */
export interface StreamTarget {
  readonly stream: string;
  readonly filter?: SubscriptionFilter;
  /** RFC 3339; replays from then on. */
  readonly replayStartTime?: string;
}

/** Changes or values of a datastore (RFC 8641 §3). */
export interface DatastoreTarget {
  readonly datastore: NmdaDatastore;
  readonly filter?: SubscriptionFilter;
}

/** When to push what a datastore holds (RFC 8641 §3.1); durations in hundredths of a second. */
export type UpdateTrigger =
  | { readonly periodic: { readonly period: number /** RFC 3339. */; readonly anchorTime?: string } }
  | {
      readonly onChange: {
        readonly dampeningPeriod?: number;
        /** The whole first; default true. */
        readonly syncOnStart?: boolean;
        readonly excludedChanges?: readonly ('create' | 'delete' | 'insert' | 'move' | 'replace')[];
      };
    };

export type EstablishSubscription = (StreamTarget | (DatastoreTarget & UpdateTrigger)) & {
  /** RFC 3339. */
  readonly stopTime?: string;
  /** 0 to 63 (RFC 8639 §2.3). */
  readonly dscp?: number;
  readonly weighting?: number;
  /** The subscription this one depends on. */
  readonly dependency?: number;
  /** Default: that of the rpc. */
  readonly encoding?: 'encode-xml' | 'encode-json';
};

/** RFC 8639 §2.4.3, RFC 8641 §4.4.2: what is given replaces what was. */
export type ModifySubscription = {
  readonly id: number;
  readonly stopTime?: string;
} & ({ readonly filter?: SubscriptionFilter } | (DatastoreTarget & Partial<UpdateTrigger>));

export const subscriptionOperations = {
  establishSubscription: (options: EstablishSubscription) => {
    const { stopTime, dscp, weighting, dependency, encoding } = options;
    const target = 'stream' in options ? streamXml(options) : datastoreTargetXml(options);
    return inSubscribed(
      'establish-subscription',
      target +
        leaf('stop-time', stopTime) +
        leaf('dscp', dscp) +
        leaf('weighting', weighting) +
        leaf('dependency', dependency) +
        identityLeaf('encoding', encoding && { name: encoding, namespace: SUBSCRIBED_NAMESPACE }) +
        ('stream' in options ? '' : triggerXml(options)),
    );
  },
  modifySubscription: (options: ModifySubscription) => {
    const target = 'datastore' in options ? datastoreTargetXml(options) : streamFilterXml(options.filter);
    const trigger = 'datastore' in options ? triggerXml(options) : '';
    return inSubscribed(
      'modify-subscription',
      leaf('id', options.id) + target + leaf('stop-time', options.stopTime) + trigger,
    );
  },
  deleteSubscription: (id: number) => inSubscribed('delete-subscription', leaf('id', id)),
  /** Another session's. */
  killSubscription: (id: number) => inSubscribed('kill-subscription', leaf('id', id)),
  /** Asks for the whole anew, of one on change (RFC 8641 §4.4.4). */
  resyncSubscription: (id: number) =>
    `<resync-subscription xmlns="${YANG_PUSH_NAMESPACE}">${leaf('id', id)}</resync-subscription>`,
};

function streamXml({ stream, filter, replayStartTime }: StreamTarget): string {
  return leaf('stream', stream) + streamFilterXml(filter) + leaf('replay-start-time', replayStartTime);
}

function streamFilterXml(filter: SubscriptionFilter | undefined): string {
  if (filter === undefined) return '';
  if ('named' in filter) return leaf('stream-filter-name', filter.named);
  return 'subtree' in filter
    ? anydata('stream-subtree-filter', filter.subtree)
    : xpathLeaf('stream-xpath-filter', filter);
}

function datastoreTargetXml({ datastore, filter }: DatastoreTarget): string {
  return (
    pushed(identityLeaf('datastore', datastoreIdentity(datastore))) +
    (filter === undefined
      ? ''
      : 'named' in filter
        ? pushed(leaf('selection-filter-ref', filter.named))
        : 'subtree' in filter
          ? pushed(anydata('datastore-subtree-filter', filter.subtree))
          : pushed(xpathLeaf('datastore-xpath-filter', filter)))
  );
}

function triggerXml(trigger: Partial<UpdateTrigger>): string {
  if ('periodic' in trigger && trigger.periodic !== undefined) {
    const { period, anchorTime } = trigger.periodic;
    return pushed(`<periodic>${leaf('period', period)}${leaf('anchor-time', anchorTime)}</periodic>`);
  }
  if (!('onChange' in trigger) || trigger.onChange === undefined) return '';
  const { dampeningPeriod, syncOnStart, excludedChanges = [] } = trigger.onChange;
  const excluded = excludedChanges.map((change) => leaf('excluded-change', change)).join('');
  return pushed(
    `<on-change>${leaf('dampening-period', dampeningPeriod)}${leaf('sync-on-start', syncOnStart)}${excluded}</on-change>`,
  );
}

function anydata(name: string, content: XmlContent): string {
  return `<${name}>${contentXml(content)}</${name}>`;
}

/** What RFC 8641 adds stands in its namespace. */
function pushed(element: string): string {
  return element.replace(/^<[^\s/>]+/, (start) => `${start} xmlns="${YANG_PUSH_NAMESPACE}"`);
}

function inSubscribed(name: string, content: string): string {
  return `<${name} xmlns="${SUBSCRIBED_NAMESPACE}">${content}</${name}>`;
}
