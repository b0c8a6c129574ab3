import { silentLog, unwrap } from '@sublane/basics';
import type { Identity } from '../access.ts';
import { createNacm, type Nacm, type NacmOptions } from '../nacm/nacm.ts';
import { type DatastoreOptions, openDatastores } from '../open-datastores.ts';
import { SchemaIndex } from '../schema-index.ts';
import type { ServerOptions } from '../server.ts';
import { serve } from './harness.ts';
import { elements as elementsOf, openLab } from './lab.ts';
import { standardModule } from './notification-lab.ts';

/** What another module adds to the lab, and what is guarded by statements of NACM. */
const GUARDED = `
module guarded {
  yang-version 1.1;
  namespace "urn:example:guarded";
  prefix g;
  import lab { prefix lab; }
  import ietf-netconf-acm { prefix nacm; }
  revision 2026-11-21;

  augment "/lab:lab/lab:box" {
    leaf owner { type string; }
    container wrapping { leaf paper { type string; } }
  }
  container vault {
    leaf sign { type string; }
    leaf seal { nacm:default-deny-write; type string; }
    container treasure {
      nacm:default-deny-all;
      leaf gold { type uint32; }
      list coin { key id; leaf id { type uint32; } leaf face { type string; } }
    }
  }
  container homes {
    list home { key user; leaf user { type string; } leaf address { type string; } leaf-list guest { type string; } }
  }
  rpc open-vault { nacm:default-deny-all; }
  rpc knock;
  notification robbery { nacm:default-deny-all; leaf what { type string; } }
  notification visit { leaf who { type string; } }
  notification farewell;
}`;

let shared: ReturnType<typeof open> | undefined;

function open() {
  const standard = [
    'ietf-inet-types',
    'ietf-yang-types',
    'ietf-netconf',
    'ietf-netconf-acm',
    'ietf-netconf-monitoring',
    'ietf-netconf-with-defaults',
    'ietf-datastores',
    'ietf-origin',
    'ietf-netconf-nmda',
    'ietf-netconf-notifications',
    'notifications',
    'nc-notifications',
  ];
  const context = openLab([
    ...standard.map(standardModule),
    { name: 'guarded', revision: '2026-11-21', text: GUARDED },
  ]);
  return { context, schema: new SchemaIndex(context) };
}

/** The lab with NACM, the operations of RFC 6241 and the module `guarded`. */
export function nacmLab() {
  shared ??= open();
  return shared;
}

export const NACM = 'xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';
export const GUARDED_NS = 'xmlns="urn:example:guarded"';
const PREFIXES =
  'xmlns:l="urn:example:lab" xmlns:g="urn:example:guarded" xmlns:n="urn:ietf:params:xml:ns:yang:ietf-netconf-acm"';

export const nacmXml = (inside: string) => `<nacm ${NACM}>${inside}</nacm>`;
export const ruleList = (name: string, groups: readonly string[], ...rules: string[]) =>
  `<rule-list><name>${name}</name>${groups.map((group) => `<group>${group}</group>`).join('')}${rules.join('')}</rule-list>`;

/** A rule; its path may use the prefixes l, g and n. */
export function rule(
  name: string,
  action: 'permit' | 'deny',
  more: { module?: string; rpc?: string; notification?: string; path?: string; operations?: string } = {},
): string {
  const leaf = (leafName: string, value: string | undefined, attributes = '') =>
    value === undefined ? '' : `<${leafName}${attributes}>${value}</${leafName}>`;
  return (
    `<rule>${leaf('name', name)}${leaf('module-name', more.module)}${leaf('rpc-name', more.rpc)}` +
    `${leaf('notification-name', more.notification)}${leaf('path', more.path, ` ${PREFIXES}`)}` +
    `${leaf('access-operations', more.operations)}${leaf('action', action)}</rule>`
  );
}

/** Groups go by the role here, several with spaces between; `recovery` is the recovery session. */
export const LAB_GROUPS = {
  groupsOf: ({ role }: Identity) => role.split(' ').filter((group) => group !== ''),
  isRecovery: ({ role }: Identity) => role === 'recovery',
} satisfies Partial<NacmOptions>;

/** NACM over a configuration that stays as it is. */
export function nacmOver(configuration: string, options: Partial<NacmOptions> = {}): Nacm {
  const { context } = nacmLab();
  using tree = unwrap(context.parseData(configuration, 'xml', { content: 'config', scope: 'all' }));
  const snapshot = { elements: elementsOf(unwrap(tree.print('xml'))) };
  return createNacm({ schema: context, running: () => snapshot, ...LAB_GROUPS, ...options });
}

/** A server of the lab whose access control is what its running configuration says. */
export async function nacmServer(
  configuration: string,
  options: Partial<ServerOptions> = {},
  datastoreOptions: Partial<DatastoreOptions> = {},
) {
  const { context } = nacmLab();
  const datastores = unwrap(
    await openDatastores({ schema: context, log: silentLog, initial: configuration, ...datastoreOptions }),
  );
  const nacm = createNacm({ schema: context, running: () => datastores.running.read(), ...LAB_GROUPS });
  const server = serve({
    schema: context,
    access: nacm,
    datastores,
    ...options,
    operational: [nacm.state, ...(options.operational ?? [])],
  });
  return { server, datastores, nacm };
}
