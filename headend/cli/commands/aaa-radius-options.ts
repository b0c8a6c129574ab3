import { failed, ok, type Result } from '@sublane/basics';
import type { RadiusData } from '../../configuration/aaa-model.ts';
import { splitPlace } from '../../settings/host-port.ts';
import type { CliFailure } from '../outcome.ts';

/** Options of `headend aaa add`, as commander gives them. */
export interface RadiusOptions {
  readonly server: readonly string[];
  readonly secretFile?: string;
  readonly transport?: 'udp' | 'tls';
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly nasIdentifier?: string;
  readonly method?: 'pap' | 'chap';
  readonly withoutPassword?: 'authorize-only' | 'refuse';
  readonly timeout?: number;
  readonly deadTime?: number;
  readonly defaultPlan?: string;
  readonly map?: readonly string[];
  readonly accounting?: boolean;
  readonly interim?: number;
  readonly replace?: boolean;
}

type Mapping = NonNullable<RadiusData['mapping']>[number];

/** The entry of the configuration that the options describe. */
export function radiusEntry(name: string, options: RadiusOptions): Result<RadiusData, CliFailure> {
  const servers: RadiusData['server'][number][] = [];
  for (const [index, text] of options.server.entries()) {
    const place = splitServer(text);
    if (place === undefined)
      return usage(`--server ${text}: expected HOST, HOST:PORT or HOST:PORT:ACCOUNTING-PORT, as 192.0.2.9:1812:1813`);
    const { accounting } = place;
    servers.push({
      name: `server-${index + 1}`,
      address: place.host,
      ...(place.port !== undefined && { 'authentication-port': place.port }),
      ...(accounting !== undefined && { 'accounting-port': accounting }),
      ...(options.secretFile !== undefined && { 'secret-file': options.secretFile }),
    });
  }
  const mappings: Mapping[] = [];
  for (const [index, text] of (options.map ?? []).entries()) {
    const mapping = parseMapping(`map-${index + 1}`, text);
    if (mapping === undefined) return usage(`--map ${text}: ${MAPPING_EXPECTED}`);
    mappings.push(mapping);
  }
  if (options.interim !== undefined && options.accounting !== true)
    return usage('--interim goes with --accounting: without it the servers are told nothing');
  const { caFile, certificateFile, keyFile } = options;
  const tls = {
    ...(caFile !== undefined && { 'ca-file': caFile }),
    ...(certificateFile !== undefined && { 'certificate-file': certificateFile }),
    ...(keyFile !== undefined && { 'key-file': keyFile }),
  };
  return ok({
    name,
    ...(options.transport !== undefined && { transport: options.transport }),
    server: servers,
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(options.nasIdentifier !== undefined && { 'nas-identifier': options.nasIdentifier }),
    ...(options.method !== undefined && { method: options.method }),
    ...(options.withoutPassword !== undefined && { 'without-password': options.withoutPassword }),
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    ...(options.deadTime !== undefined && { 'dead-time': options.deadTime }),
    ...(options.defaultPlan !== undefined && { 'default-plan': options.defaultPlan }),
    ...(mappings.length > 0 && { mapping: mappings }),
    ...(options.accounting === true && {
      accounting: { ...(options.interim !== undefined && { 'interim-interval': options.interim }) },
    }),
  });
}

/** As `splitPlace`, perhaps with a second port. */
function splitServer(text: string) {
  const [, rest = text, accounting] = /^((?:\[.+\]|[^:]+):\d+):(\d{1,5})$/.exec(text) ?? [];
  const place = splitPlace(rest);
  if (place === undefined || accounting === undefined) return place && { ...place, accounting: undefined };
  const port = Number(accounting);
  return port >= 1 && port <= 65_535 ? { ...place, accounting: port } : undefined;
}

export const MAPPING_EXPECTED =
  'expected ATTRIBUTE[:PATTERN]=WHAT, where WHAT is plan (the value is its name), plan:NAME, upld-ceiling or dnld-ceiling, the last two perhaps with :kbit; as Filter-Id=plan or Class:vip-*=plan:gold';

/** `Filter-Id=plan`, `Class:vip-*=plan:gold`, `26.14988.8=dnld-ceiling:kbit`. */
export function parseMapping(name: string, text: string): Mapping | undefined {
  const [, attribute, pattern, what, more] =
    /^([A-Za-z0-9][A-Za-z0-9.-]*)(?::(.+))?=(plan|upld-ceiling|dnld-ceiling)(?::([A-Za-z0-9._-]+))?$/.exec(text) ?? [];
  if (attribute === undefined || what === undefined) return undefined;
  const base = { name, attribute, ...(pattern !== undefined && { pattern }) };
  if (what === 'plan') return more === undefined ? { ...base, 'value-is': 'plan' } : { ...base, plan: more };
  if (more !== undefined && more !== 'kbit') return undefined;
  const valueIs = what as 'upld-ceiling' | 'dnld-ceiling';
  return { ...base, 'value-is': valueIs, ...(more === 'kbit' && { unit: 'kilobits-per-second' as const }) };
}

/** An address with or without a port, for equipment that listens at a usual one. */
export function placeOf(text: string): { readonly address: string; readonly port?: number } | undefined {
  const place = splitPlace(text);
  return place && { address: place.host, ...(place.port !== undefined && { port: place.port }) };
}

const usage = (message: string) => failed({ kind: 'usage', message } as const);
