import { duplexPair } from 'node:stream';
import { unwrap } from '@sublane/basics';
import { CAPABILITY, elementText, escapeText, readXml, rpcError, SERVER_LIMITS } from '@sublane/netconf';
import { attach } from '../connect.ts';
import type { NetconfClient } from '../netconf-client.ts';
import { type Script, ScriptedServer } from './scripted-server.ts';

export const FLEET = `module fleet {
  yang-version 1.1;
  namespace "urn:example:fleet"; prefix f;
  import fleet-types { prefix t; revision-date 2026-01-01; }
  include fleet-drivers;
  /* import nothing; */ // import "nothing else";
  revision 2026-02-01 { description "import trap { prefix x; }"; }
  revision 2026-01-01;
  feature radar;
  container fleet {
    list ship { key name; leaf name { type string; } leaf speed { type t:knots; } leaf flagged { if-feature radar; type empty; } }
    leaf flagship { type leafref { path "../ship/name"; } }
    leaf count { config false; type uint32; }
  }
  rpc sail { input { leaf ship { type string; mandatory true; } leaf speed { type t:knots; } } output { leaf days { type uint8; } } }
  notification sunk { leaf ship { type string; mandatory true; } }
}`;
export const FLEET_TYPES = `module fleet-types { namespace "urn:example:fleet-types"; prefix t; revision 2026-01-01;
  typedef knots { type uint8 { range "0..60"; } } }`;
export const FLEET_DRIVERS = `submodule fleet-drivers { yang-version 1.1; belongs-to fleet { prefix f; } revision 2026-02-01;
  container drivers { leaf-list name { type string; } } }`;
/** Enough of it for the base operations that the tests send. */
export const NETCONF = `module ietf-netconf { namespace "urn:ietf:params:xml:ns:netconf:base:1.0"; prefix nc; revision 2011-06-01;
  rpc get { input { anyxml filter; } output { anyxml data; } }
  rpc edit-config { input { container target { leaf running { type empty; } leaf candidate { type empty; } }
    leaf default-operation { type string; } leaf error-option { type string; } anyxml config; } } }`;

export const TEXTS: Readonly<Record<string, string>> = {
  'fleet@2026-02-01': FLEET,
  'fleet-types@2026-01-01': FLEET_TYPES,
  'fleet-drivers@2026-02-01': FLEET_DRIVERS,
  'ietf-netconf@2011-06-01': NETCONF,
};

const LIBRARY = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"';
const BASE = [CAPABILITY.base11, CAPABILITY.writableRunning, CAPABILITY.notification];

const YANG_LIBRARY = `<yang-library ${LIBRARY}><module-set><name>all</name>
  <module><name>fleet</name><revision>2026-02-01</revision><namespace>urn:example:fleet</namespace><feature>radar</feature>
    <submodule><name>fleet-drivers</name><revision>2026-02-01</revision></submodule></module>
  <module><name>ietf-netconf</name><revision>2011-06-01</revision><namespace>urn:ietf:params:xml:ns:netconf:base:1.0</namespace></module>
  <import-only-module><name>fleet-types</name><revision>2026-01-01</revision><namespace>urn:example:fleet-types</namespace></import-only-module>
</module-set><content-id>7</content-id></yang-library>`;

const MODULES_STATE = `<modules-state ${LIBRARY}><module-set-id>7</module-set-id>
  <module><name>fleet</name><revision>2026-02-01</revision><namespace>urn:example:fleet</namespace><feature>radar</feature><conformance-type>implement</conformance-type>
    <submodule><name>fleet-drivers</name><revision>2026-02-01</revision></submodule></module>
  <module><name>ietf-netconf</name><revision>2011-06-01</revision><namespace>urn:ietf:params:xml:ns:netconf:base:1.0</namespace><conformance-type>implement</conformance-type></module>
  <module><name>fleet-types</name><revision>2026-01-01</revision><namespace>urn:example:fleet-types</namespace><conformance-type>import</conformance-type></module>
</modules-state>`;

const HELLO = [
  'urn:example:fleet?module=fleet&revision=2026-02-01&features=radar',
  'urn:ietf:params:xml:ns:netconf:base:1.0?module=ietf-netconf&revision=2011-06-01',
];

export const ANNOUNCEMENTS = {
  'yang-library-1.1': {
    capabilities: [`${CAPABILITY.yangLibrary11}?revision=2019-01-04&content-id=7`],
    data: YANG_LIBRARY,
  },
  'yang-library-1.0': {
    capabilities: [`${CAPABILITY.yangLibrary}?revision=2016-06-21&module-set-id=7`],
    data: MODULES_STATE,
  },
  hello: { capabilities: HELLO, data: '' },
};

/** A server that has these modules and gives their texts; `say` goes before. */
export async function schemaServer(
  options: {
    readonly from?: keyof typeof ANNOUNCEMENTS;
    readonly texts?: Readonly<Record<string, string>>;
    readonly name?: string;
    readonly say?: Script;
  } = {},
): Promise<{ readonly client: NetconfClient; readonly server: ScriptedServer; asked(name: string): number }> {
  const { name } = options;
  const [ours, theirs] = duplexPair();
  const server = new ScriptedServer(theirs, schemaScript(options), {
    capabilities: [...BASE, ...ANNOUNCEMENTS[options.from ?? 'yang-library-1.1'].capabilities],
  });
  const client = unwrap(await attach(ours, name === undefined ? {} : { name }));
  const asked = (operation: string) => server.asked.filter((envelope) => envelope.operation.name === operation).length;
  return { client, server, asked };
}

/** Answers what such a server is asked. */
export function schemaScript({
  from = 'yang-library-1.1',
  texts = TEXTS,
  say,
}: Parameters<typeof schemaServer>[0] & object): Script {
  return (envelope, peer) => {
    const said = say?.(envelope, peer);
    if (said !== undefined) return said;
    const { name } = envelope.operation;
    if (name === 'get-schema') return schema(envelope.text, texts);
    if (name !== 'get') return { kind: 'ok' };
    const library = envelope.text.includes('yang-library"') ? ANNOUNCEMENTS[from].data : '';
    return { kind: 'data', xml: `<data xmlns="urn:ietf:params:xml:ns:netconf:base:1.0">${library}</data>` };
  };
}

function schema(rpc: string, texts: Readonly<Record<string, string>>): ReturnType<Script> {
  const element = unwrap(readXml(rpc, SERVER_LIMITS)).children[0];
  const value = (name: string) => {
    const found =
      typeof element === 'object'
        ? element.children.find((child) => typeof child === 'object' && child.name === name)
        : undefined;
    return typeof found === 'object' ? elementText(found) : '';
  };
  const wanted = value('identifier');
  const text = Object.entries(texts).find(
    ([key]) => key.split('@')[0] === wanted && (value('version') === '' || key.endsWith(`@${value('version')}`)),
  )?.[1];
  if (text === undefined)
    return { kind: 'refused', errors: [rpcError.invalidValue('application', { message: `no schema "${wanted}"` })] };
  return {
    kind: 'data',
    xml: `<data xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring">${escapeText(text)}</data>`,
  };
}
