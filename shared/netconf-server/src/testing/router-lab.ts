import { silentLog, unwrap } from '@sublane/basics';
import { BASE_NAMESPACE, childElement, writeXml, type XmlElement } from '@sublane/netconf';
import { Libyang } from 'libyang-wasm';
import { openDatastores } from '../open-datastores.ts';
import { SchemaIndex } from '../schema-index.ts';
import { standardModule } from './standard-modules.ts';

/** A small router: defaults of every kind, state beside configuration, identities, addresses, a choice. */
export const ROUTER_MODULE = `
module router {
  yang-version 1.1;
  namespace "urn:example:router";
  prefix r;
  import ietf-inet-types { prefix inet; }
  revision 2026-11-20;
  identity kind;
  identity ethernet { base kind; }
  identity fast-ethernet { base ethernet; }
  identity tunnel { base kind; }
  container router {
    leaf name { type string; }
    leaf mtu-all { type uint16; default 1500; }
    container log { leaf level { type enumeration { enum info; enum debug; } default info; } leaf-list to { type string; default "disk"; default "net"; } }
    list port {
      key name;
      leaf name { type string; }
      leaf kind { type identityref { base kind; } default ethernet; }
      leaf mtu { type uint16; default 1500; }
      leaf address { type inet:ip-address; }
      leaf enabled { type boolean; default true; }
      container tuning { leaf ratio { type decimal64 { fraction-digits 2; } default 1.5; } }
      leaf uplink { type leafref { path "../../r:port[r:name = current()/../r:name]/r:name"; } }
      leaf backup { type leafref { path "/r:router/r:port/r:name"; require-instance false; } }
      leaf watched { type instance-identifier { require-instance false; } }
      leaf priority { type enumeration { enum low { value 10; } enum high { value 20; } } }
      container state { config false; leaf up { type boolean; } leaf speed { type uint32; default 10; } }
    }
  }
  notification link { leaf address { type inet:ip-address; } leaf kind { type identityref { base kind; } } list peer { key name; leaf name { type string; } leaf up { type boolean; } } }
  container load { config false; leaf average { type uint8; } }
}`;
export const ROUTER = 'urn:example:router';

const STANDARD = [
  ...['ietf-netconf-acm', 'ietf-netconf', 'ietf-netconf-with-defaults', 'ietf-datastores', 'ietf-yang-metadata'],
  ...['ietf-origin', 'ietf-netconf-nmda', 'ietf-yang-types', 'ietf-inet-types', 'ietf-netconf-monitoring'],
];

const made = unwrap(
  Libyang.load().createContext({
    sources: [...STANDARD.map(standardModule), { name: 'router', revision: '2026-11-20', text: ROUTER_MODULE }],
    implement: [
      { name: 'ietf-yang-library' },
      { name: 'ietf-netconf', features: ['writable-running', 'candidate', 'validate', 'xpath'] },
      { name: 'ietf-netconf-monitoring' },
      { name: 'ietf-netconf-with-defaults' },
      { name: 'ietf-datastores' },
      { name: 'ietf-origin' },
      { name: 'ietf-netconf-nmda', features: 'all' },
      { name: 'router' },
    ],
  }),
);

/** The router's schema with what RFC 6243, 8342 and 8526 need. */
export const routerContext = made;
export const routerSchema = new SchemaIndex(made);

export const inRouter = (inside: string) => `<router xmlns="${ROUTER}">${inside}</router>`;

export async function routerDatastores(inside: string) {
  const opened = await openDatastores({ schema: made, log: silentLog, initial: inRouter(inside), candidate: true });
  if (!opened.ok) throw new Error(JSON.stringify(opened.failure));
  return opened.value;
}

/** What is inside `<data>` of a reply, as text. */
export function dataOf(reply: XmlElement, namespace: string = BASE_NAMESPACE): string {
  const data = childElement(reply, 'data', namespace);
  if (data === undefined) throw new Error(writeXml(reply));
  return data.children.map((child) => (typeof child === 'string' ? child : writeXml(child))).join('');
}
