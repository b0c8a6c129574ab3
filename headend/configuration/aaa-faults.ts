import { findAttribute } from '@sublane/radius';
import { aaaOf, type RadiusData } from './aaa-model.ts';
import type { ConfigurationFault } from './configuration-fault.ts';
import type { AaaData } from './headend-data.ts';

/** What the schema cannot see of `/headend/aaa`. */
export function aaaFaults(data: AaaData | undefined): ConfigurationFault[] {
  if (data === undefined) return [];
  return [
    ...realmsTwice(data),
    ...(data.radius ?? []).flatMap((group) => [
      ...secretsMissing(group),
      ...portsOf(group),
      ...tlsFaults(group),
      ...attributesUnknown(group),
    ]),
    ...serversTwice(data),
    ...edgesTwice(data),
  ];
}

const groupPath = (name: string) => `aaa/radius[name='${name}']`;
const serverPath = (group: string, server: string) => `${groupPath(group)}/server[name='${server}']`;

/** Case is ignored in a realm (RFC 7542 §2.4), and lists keep it. */
function realmsTwice({ realm = [] }: AaaData): ConfigurationFault[] {
  return realm.flatMap(({ name }, index) => {
    const other = realm.slice(0, index).find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (other === undefined) return [];
    const message = `realm ${name} is ${other.name} in other letters, and case is ignored; expected each realm once`;
    return [{ path: `aaa/realm[name='${name}']`, code: 'aaa-realm-twice', message }];
  });
}

function secretsMissing({ name, transport, server }: RadiusData): ConfigurationFault[] {
  if (transport === 'tls') return [];
  return server
    .filter((one) => one['secret-file'] === undefined)
    .map((one) => ({
      path: `${serverPath(name, one.name)}/secret-file`,
      code: 'aaa-secret-missing',
      message: `server ${one.name} is reached by UDP and has no secret; name the file with secret-file`,
    }));
}

function portsOf({ name, transport, server }: RadiusData): ConfigurationFault[] {
  return server.flatMap((one): ConfigurationFault[] => {
    const path = `${serverPath(name, one.name)}/accounting-port`;
    const given = one['accounting-port'];
    if (transport === 'tls')
      return given === undefined
        ? []
        : [
            {
              path,
              code: 'aaa-port-collision',
              message: `with TLS server ${one.name} takes accounting at the port for authentication; leave accounting-port out`,
            },
          ];
    if ((one['authentication-port'] ?? 1812) !== (given ?? 1813)) return [];
    const message = `server ${one.name} has one UDP port for authentication and accounting; expected one for each`;
    return [{ path, code: 'aaa-port-collision', message }];
  });
}

function tlsFaults({ name, transport, tls }: RadiusData): ConfigurationFault[] {
  if (tls === undefined) return [];
  const given = Object.keys(tls)[0];
  if (transport !== 'tls' && given !== undefined)
    return [
      {
        path: `${groupPath(name)}/tls/${given}`,
        code: 'aaa-tls-unused',
        message: `${given} is for TLS, and group ${name} is reached by UDP; set transport to tls, or leave it out`,
      },
    ];
  const { 'certificate-file': certificate, 'key-file': key } = tls;
  if ((certificate === undefined) === (key === undefined)) return [];
  const [there, missing] =
    certificate === undefined ? ['key-file', 'certificate-file'] : ['certificate-file', 'key-file'];
  const message = `group ${name} has a ${there} and no ${missing}; expected both or neither`;
  return [{ path: `${groupPath(name)}/tls/${there}`, code: 'aaa-tls-half', message }];
}

function attributesUnknown({ name, mapping = [] }: RadiusData): ConfigurationFault[] {
  return mapping
    .filter(({ attribute }) => findAttribute(attribute) === undefined)
    .map((one) => ({
      path: `${groupPath(name)}/mapping[name='${one.name}']/attribute`,
      code: 'aaa-attribute-unknown',
      message: `${one.attribute} is no attribute known here; expected a name as Filter-Id or WISPr-Bandwidth-Max-Up, a number as 25, or a vendor's as 26.14122.7`,
    }));
}

/** Asked once more where it has just been silent, it would be silent again. */
function serversTwice(data: AaaData): ConfigurationFault[] {
  return [...aaaOf(data).groups.values()].flatMap(({ name, servers }) =>
    servers.flatMap((one, index) => {
      const place = (of: typeof one) => `${of.host.toLowerCase()} port ${of.authenticationPort}`;
      const other = servers.slice(0, index).find((before) => place(before) === place(one));
      if (other === undefined) return [];
      const message = `servers ${other.name} and ${one.name} of group ${name} are both at ${place(one)}; expected each at its own place`;
      return [{ path: `${serverPath(name, one.name)}/address`, code: 'aaa-server-twice', message }];
    }),
  );
}

function edgesTwice(data: AaaData): ConfigurationFault[] {
  const edges = [...aaaOf(data).edges.values()];
  return edges.flatMap(({ name, host, port }, index) => {
    const other = edges
      .slice(0, index)
      .find((one) => one.host.toLowerCase() === host.toLowerCase() && one.port === port);
    if (other === undefined) return [];
    const message = `edges ${other.name} and ${name} are both at ${host} port ${port}; expected each at its own place`;
    return [{ path: `aaa/edge[name='${name}']/address`, code: 'aaa-edge-twice', message }];
  });
}
