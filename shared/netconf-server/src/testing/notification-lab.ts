import { childElements, elementText, type XmlElement } from '@sublane/netconf';
import type { ServerEvent } from '../notifications/event.ts';
import { SchemaIndex } from '../schema-index.ts';
import { openLab } from './lab.ts';
import { standardModule } from './standard-modules.ts';
import type { TestClient } from './test-client.ts';

export { standardModule };

export const ALARMS = `
module alarms {
  namespace "urn:example:alarms";
  prefix a;
  revision 2026-11-21;
  notification alarm {
    leaf number { type uint32; }
    leaf severity { type string; }
    leaf text { type string; }
  }
  notification silence;
}`;

let shared: ReturnType<typeof open> | undefined;

function open() {
  const standard = [
    'ietf-netconf',
    'ietf-netconf-notifications',
    'notifications',
    'nc-notifications',
    'ietf-yang-types',
  ];
  const context = openLab([
    ...['ietf-inet-types', ...standard].map(standardModule),
    { name: 'alarms', revision: '2026-11-21', text: ALARMS },
  ]);
  return { context, schema: new SchemaIndex(context) };
}

/** The lab with everything that notifications need, and a module of alarms. */
export function notificationLab() {
  shared ??= open();
  return shared;
}

export const ALARM_NAMESPACE = 'urn:example:alarms';

export function alarm(
  number: number,
  {
    at = new Date(),
    about,
    severity = 'minor',
    text = '',
  }: Partial<Record<'about' | 'severity' | 'text', string>> & { readonly at?: Date } = {},
): ServerEvent {
  const inside = `<number>${number}</number><severity>${severity}</severity><text>${text}</text>`;
  const xml = `<alarm xmlns="${ALARM_NAMESPACE}">${inside}</alarm>`;
  return { at, module: 'alarms', name: 'alarm', xml, ...(about !== undefined && { about }) };
}

const NS = 'urn:ietf:params:xml:ns:netconf:notification:1.0';

export function subscribe(inside = ''): string {
  return `<create-subscription xmlns="${NS}">${inside}</create-subscription>`;
}

/** The next message, which must be a notification. */
export async function notification(
  client: TestClient,
): Promise<{ readonly eventTime: string; readonly content: XmlElement }> {
  const event = await client.next();
  if (event?.kind === 'notification') return event.notification;
  throw new Error(`expected a notification, got ${event?.kind ?? 'the end'}`);
}

/** The name of the next notification; of an alarm its number. */
export async function told(client: TestClient): Promise<string | number> {
  const { content } = await notification(client);
  const number = childElements(content).find(({ name }) => name === 'number');
  return number === undefined ? content.name : Number(elementText(number));
}

export async function toldTimes(client: TestClient, times: number): Promise<(string | number)[]> {
  const all: (string | number)[] = [];
  while (all.length < times) all.push(await told(client));
  return all;
}
