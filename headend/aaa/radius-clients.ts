import { createHash } from 'node:crypto';
import { type Clock, failed, type Log, ok, type Result, toMilliseconds } from '@sublane/basics';
import type { RadiusClient, RadiusClientOptions, RadiusServer, RadiusTls, ServerStatus } from '@sublane/radius';
import type { Secrets } from '../settings/secrets.ts';
import type { RadiusGroup } from './aaa-configuration.ts';

export interface RadiusClientsParts {
  readonly secrets: Pick<Secrets, 'line' | 'key' | 'certificates'>;
  readonly clock: Clock;
  readonly log: Log;
  /** `createRadiusClient` of the RADIUS package. */
  readonly create: (options: RadiusClientOptions) => RadiusClient;
}

interface Entry {
  readonly client: RadiusClient;
  /** Of all the client was made with, secrets included. */
  readonly digest: string;
  using: number;
  retired: boolean;
}

/**
 * A client for each RADIUS group of the configuration. One whose servers, limits or secrets change is replaced: what is
 * being asked by the old one is answered by it, then it is closed.
 */
export class RadiusClients {
  readonly #parts: RadiusClientsParts;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();

  constructor(parts: RadiusClientsParts) {
    this.#parts = parts;
  }

  /** Takes on these groups. One whose secrets cannot be read keeps the client it has. */
  apply(groups: ReadonlyMap<string, RadiusGroup>): void {
    for (const [name, entry] of this.#entries) if (!groups.has(name)) this.#retire(name, entry);
    for (const [name, group] of groups) {
      const options = this.#options(group);
      if (!options.ok) {
        this.#parts.log.error({ authority: name, fault: options.failure }, 'a secret of the RADIUS servers is missing');
        continue;
      }
      const digest = createHash('sha256').update(JSON.stringify(options.value)).digest('hex');
      const present = this.#entries.get(name);
      if (present?.digest === digest) continue;
      if (present !== undefined) this.#retire(name, present);
      const { clock, log, create } = this.#parts;
      const client = create({ ...options.value, clock, log: log.child({ authority: name }) });
      this.#entries.set(name, { client, digest, using: 0, retired: false });
    }
  }

  /** Asks by the client of a group, which stays open until then. Undefined: the group has none. */
  with<T>(name: string, work: (client: RadiusClient) => Promise<T>): Promise<T> | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    entry.using += 1;
    return work(entry.client).finally(() => {
      entry.using -= 1;
      if (entry.retired && entry.using === 0) this.#close(entry);
    });
  }

  /** Every server of every group. */
  status(): readonly (ServerStatus & { readonly authority: string })[] {
    return [...this.#entries].flatMap(([authority, { client }]) =>
      client.status().map((server) => ({ ...server, authority })),
    );
  }

  /** At once; what is being asked fails. */
  async close(): Promise<void> {
    for (const entry of this.#entries.values()) this.#close(entry);
    this.#entries.clear();
    await Promise.all(this.#closing);
  }

  #retire(name: string, entry: Entry): void {
    this.#entries.delete(name);
    entry.retired = true;
    if (entry.using === 0) this.#close(entry);
  }

  #close({ client }: Entry): void {
    const closed = client.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  #options({ transport, servers, tls, timeout, deadTime }: RadiusGroup): Result<RadiusClientOptions, string> {
    const made: RadiusServer[] = [];
    for (const { name, host, authenticationPort, accountingPort, secretFile } of servers) {
      const secret = secretFile === undefined ? ok() : this.#parts.secrets.line(secretFile);
      if (!secret.ok) return secret;
      const own = { name, host, authenticationPort, accountingPort };
      made.push({ ...own, ...(secret.value !== undefined && { secret: secret.value }) });
    }
    const limits = { timeout, deadTime: toMilliseconds(deadTime) };
    if (transport === 'udp') return ok({ transport, servers: made, ...limits });
    const files = this.#tls(tls);
    return files.ok ? ok({ transport, servers: made, tls: files.value, ...limits }) : failed(files.failure);
  }

  #tls({ caFile, certificateFile, keyFile }: RadiusGroup['tls']): Result<RadiusTls, string> {
    const { secrets } = this.#parts;
    const ca = caFile === undefined ? ok() : secrets.certificates(caFile);
    if (!ca.ok) return ca;
    const certificate = certificateFile === undefined ? ok() : secrets.certificates(certificateFile);
    if (!certificate.ok) return certificate;
    const key = keyFile === undefined ? ok() : secrets.key(keyFile);
    if (!key.ok) return key;
    return ok({
      ...(ca.value !== undefined && { ca: ca.value }),
      ...(certificate.value !== undefined && { certificate: certificate.value }),
      ...(key.value !== undefined && { key: key.value }),
    });
  }
}
