import { milliseconds, seconds } from '@sublane/basics';
import {
  type AaaConfiguration,
  type DynamicAuthorizationSettings,
  type EdgeSettings,
  type GrantMapping,
  type MappedGrant,
  type RadiusGroup,
  type RadiusServerSettings,
  USUAL_MAPPINGS,
} from '../aaa/aaa-configuration.ts';
import { EMBEDDED } from '../aaa/grant.ts';
import type { AaaData } from './headend-data.ts';

export type RadiusData = NonNullable<AaaData['radius']>[number];
export type RadiusServerData = NonNullable<RadiusData['server']>[number];
export type MappingData = NonNullable<RadiusData['mapping']>[number];

const PORTS = { authentication: 1812, accounting: 1813, tls: 2083, dynamicAuthorization: 3799 };

/** The model of `/headend/aaa`, with the defaults of the schema; `aaa-faults.ts` says what is wrong with it. */
export function aaaOf(data: AaaData | undefined): AaaConfiguration {
  const dynamicAuthorization = dynamicAuthorizationOf(data);
  return {
    authority: data?.authority ?? EMBEDDED,
    realms: new Map((data?.realm ?? []).map(({ name, authority }) => [name.toLowerCase(), authority])),
    groups: new Map((data?.radius ?? []).map((entry) => [entry.name, groupOf(entry)])),
    ...(dynamicAuthorization && { dynamicAuthorization }),
    edges: new Map((data?.edge ?? []).map((entry) => [entry.name, edgeOf(entry)])),
  };
}

function groupOf(entry: RadiusData): RadiusGroup {
  const { transport = 'udp', tls, mapping = [], accounting } = entry;
  return {
    name: entry.name,
    transport,
    servers: entry.server.map((server) => serverOf(server, transport)),
    tls: {
      ...(tls?.['ca-file'] !== undefined && { caFile: tls['ca-file'] }),
      ...(tls?.['certificate-file'] !== undefined && { certificateFile: tls['certificate-file'] }),
      ...(tls?.['key-file'] !== undefined && { keyFile: tls['key-file'] }),
    },
    ...(entry['nas-identifier'] !== undefined && { nasIdentifier: entry['nas-identifier'] }),
    method: entry.method ?? 'pap',
    withoutPassword: entry['without-password'] ?? 'authorize-only',
    timeout: milliseconds(entry.timeout ?? 5000),
    deadTime: seconds(entry['dead-time'] ?? 30),
    ...(entry['default-plan'] !== undefined && { defaultPlan: entry['default-plan'] }),
    mappings: mapping.length === 0 ? USUAL_MAPPINGS : mapping.map(mappingOf),
    ...(accounting && { accounting: { interimInterval: seconds(accounting['interim-interval'] ?? 600) } }),
  };
}

/** With TLS one port serves both (RFC 6614 §2.1). */
function serverOf(entry: RadiusServerData, transport: 'udp' | 'tls'): RadiusServerSettings {
  const usual = transport === 'tls' ? PORTS.tls : PORTS.authentication;
  const authenticationPort = entry['authentication-port'] ?? usual;
  return {
    name: entry.name,
    host: entry.address,
    authenticationPort,
    accountingPort: transport === 'tls' ? authenticationPort : (entry['accounting-port'] ?? PORTS.accounting),
    ...(entry['secret-file'] !== undefined && { secretFile: entry['secret-file'] }),
  };
}

function mappingOf(entry: MappingData): GrantMapping {
  const { name, attribute, pattern } = entry;
  return { name, attribute, ...(pattern !== undefined && { pattern }), grants: mappedGrant(entry) };
}

/** The schema's mandatory choice: one of the two is there. */
function mappedGrant({ plan, 'value-is': valueIs, unit }: MappingData): MappedGrant {
  if (plan !== undefined) return { kind: 'plan', plan };
  if (valueIs === undefined || valueIs === 'plan') return { kind: 'plan-named' };
  return { kind: valueIs, unit: unit ?? 'bits-per-second' };
}

function edgeOf(entry: NonNullable<AaaData['edge']>[number]): EdgeSettings {
  return {
    name: entry.name,
    host: entry.address,
    port: entry.port ?? PORTS.dynamicAuthorization,
    secretFile: entry['secret-file'],
    messageAuthenticator: entry['message-authenticator'] ?? 'mandatory',
  };
}

function dynamicAuthorizationOf(data: AaaData | undefined): DynamicAuthorizationSettings | undefined {
  const { listen, port, client = [] } = data?.['dynamic-authorization'] ?? {};
  if (listen === undefined) return undefined;
  return {
    listen,
    port: port ?? PORTS.dynamicAuthorization,
    clients: new Map(
      client.map(({ address, authority, 'secret-file': secretFile }) => [address, { secretFile, authority }]),
    ),
  };
}
