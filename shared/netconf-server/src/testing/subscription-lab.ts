import { silentLog, unwrap } from '@sublane/basics';
import {
  childElement,
  childElements,
  elementText,
  NOTIFICATION_NAMESPACE,
  writeXml,
  type XmlElement,
} from '@sublane/netconf';
import { Libyang } from 'libyang-wasm';
import { MemoryEventLog } from '../notifications/memory-event-log.ts';
import { openDatastores } from '../open-datastores.ts';
import { SchemaIndex } from '../schema-index.ts';
import type { ServerOptions } from '../server.ts';
import { PUSH_NAMESPACE, SUBSCRIBED_NAMESPACE } from '../subscriptions/names.ts';
import { serve } from './harness.ts';
import { LAB_MODULE } from './lab-module.ts';
import { ALARMS, notification, standardModule } from './notification-lab.ts';
import type { TestClient } from './test-client.ts';

const IMPORTED = [
  ...['ietf-yang-types', 'ietf-inet-types', 'ietf-datastores', 'ietf-netconf-acm', 'ietf-interfaces', 'ietf-ip'],
  ...['ietf-network-instance', 'ietf-restconf', 'ietf-yang-patch', 'notifications', 'nc-notifications'],
];

function open() {
  const sources = [
    { name: 'lab', revision: '2026-11-20', text: LAB_MODULE },
    { name: 'alarms', revision: '2026-11-21', text: ALARMS },
    ...[...IMPORTED, 'ietf-subscribed-notifications', 'ietf-yang-push'].map(standardModule),
  ];
  const context = unwrap(
    Libyang.load().createContext({
      sources,
      implement: [
        ...['lab', 'alarms', 'ietf-yang-library', 'notifications', 'nc-notifications'].map((name) => ({ name })),
        { name: 'ietf-subscribed-notifications', features: ['encode-xml', 'replay', 'subtree', 'xpath'] },
        { name: 'ietf-yang-push', features: ['on-change'] },
      ],
    }),
  );
  return { context, schema: new SchemaIndex(context) };
}

let shared: ReturnType<typeof open> | undefined;

/** The lab with alarms, and the modules of RFC 8639 and RFC 8641. */
export function subscriptionLab() {
  shared ??= open();
  return shared;
}

/** A server of it that keeps its events, and the datastores it serves; every reply is proved by the schema. */
export async function serveSubscriptions(initial = '', options: Partial<ServerOptions> = {}) {
  const { context } = subscriptionLab();
  const opened = await openDatastores({ schema: context, log: silentLog, initial, candidate: true });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  const log = new MemoryEventLog();
  const server = serve({
    schema: context,
    datastores: opened.value,
    notifications: { log },
    revalidateReplies: true,
    ...options,
  });
  return { server, datastores: opened.value, log };
}

const SN = `xmlns="${SUBSCRIBED_NAMESPACE}"`;
const YP = `xmlns="${PUSH_NAMESPACE}"`;

export const establish = (inside: string) => `<establish-subscription ${SN}>${inside}</establish-subscription>`;
export const modify = (id: number, inside: string) =>
  `<modify-subscription ${SN}><id>${id}</id>${inside}</modify-subscription>`;
export const erase = (id: number) => `<delete-subscription ${SN}><id>${id}</id></delete-subscription>`;
export const kill = (id: number) => `<kill-subscription ${SN}><id>${id}</id></kill-subscription>`;
export const resync = (id: number) => `<resync-subscription ${YP}><id>${id}</id></resync-subscription>`;

export const ofStream = (more = '', stream = 'NETCONF') => `<stream>${stream}</stream>${more}`;
export const ofDatastore = (trigger: string, { datastore = 'running', filter = '' } = {}) =>
  `<datastore ${YP} xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores">ds:${datastore}</datastore>${filter}${trigger}`;
export const periodic = (period: number, more = '') => `<periodic ${YP}><period>${period}</period>${more}</periodic>`;
export const onChange = (inside = '') => `<on-change ${YP}>${inside}</on-change>`;
export const ofSubtree = (inside: string) => `<datastore-subtree-filter ${YP}>${inside}</datastore-subtree-filter>`;
export const ofXPath = (expression: string, prefixes = '') =>
  `<datastore-xpath-filter ${YP} ${prefixes}>${expression}</datastore-xpath-filter>`;

/** Establishes what must be possible; its number. */
export async function established(client: TestClient, inside: string): Promise<number> {
  const reply = await client.rpc(establish(inside));
  const id = childElement(reply, 'id', SUBSCRIBED_NAMESPACE);
  if (id === undefined) throw new Error(`not established: ${JSON.stringify(reply)}`);
  return Number(elementText(id));
}

/** The next notification's element, proved by the schema. */
export async function nextTold(client: TestClient): Promise<XmlElement> {
  const { eventTime, content } = await notification(client);
  const whole = `<notification xmlns="${NOTIFICATION_NAMESPACE}"><eventTime>${eventTime}</eventTime>${writeXml(content)}</notification>`;
  const read = subscriptionLab().context.readNotification(whole);
  if (!read.ok) throw new Error(`not valid: ${JSON.stringify(read.failure)} ${whole}`);
  return content;
}

/** The same as text without its namespace: `alarm 7`, `subscription-terminated 1 no-such-subscription`. */
export async function nextInWords(client: TestClient): Promise<string> {
  const { name, children } = await nextTold(client);
  const words = children.flatMap((child) =>
    typeof child !== 'string' && ['id', 'number', 'reason'].includes(child.name) ? [elementText(child)] : [],
  );
  return [name, ...words].join(' ');
}

/** The application's tag of the one error of an rpc, its message, and what stands in its error-info. */
export async function refusal(client: TestClient, operation: string) {
  const [error, another] = await client.errors(operation);
  if (error === undefined || another !== undefined) throw new Error('expected one error');
  const [structure] = error.info ?? [];
  const info = structure && Object.fromEntries(childElements(structure).map((one) => [one.name, elementText(one)]));
  return { tag: error.tag, appTag: error.appTag, message: error.message, structure: structure?.name, info };
}
