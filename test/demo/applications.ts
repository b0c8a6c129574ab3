/** An application of the demo: whose traffic it makes, and what its group asks for and gets. */
export interface Application {
  readonly name: string;
  /** The group it belongs to; undefined: none, it stays on the host's own lane. */
  readonly group?: Group;
  /** What it sends when nobody holds it back, kbit/s. */
  readonly offered: number;
  /** What the server sends it when nobody holds it back, kbit/s; 0: nothing that counts. */
  readonly incoming: number;
  /** The server's ports that it uses; no other application does. Without `udp` it sends by an upload with curl. */
  readonly ports: { readonly tcp: number; readonly udp?: number };
}

export interface Group {
  readonly id: number;
  readonly name: string;
  readonly priority: 'H' | 'L';
  /** What it asks for and is granted, kbit/s: from the host, and to it. */
  readonly granted: number;
  readonly grantedIn?: number;
  readonly dscp: number;
}

export const CALLS = {
  name: 'video call',
  group: { id: 1, name: 'calls', priority: 'H', granted: 2000, grantedIn: 3000, dscp: 46 },
  offered: 4000,
  incoming: 6000,
  ports: { tcp: 8001, udp: 5001 },
} as const satisfies Application;

export const BACKUP = {
  name: 'backup',
  group: { id: 2, name: 'backup', priority: 'L', granted: 6000, dscp: 10 },
  offered: 12_000,
  incoming: 0,
  ports: { tcp: 8002 },
} as const satisfies Application;

export const OTHERS = {
  name: 'everything else',
  offered: 2000,
  incoming: 4000,
  ports: { tcp: 80, udp: 5003 },
} as const satisfies Application;

export const APPLICATIONS: readonly Application[] = [CALLS, BACKUP, OTHERS];
export const GROUPS: readonly Group[] = [CALLS.group, BACKUP.group];
