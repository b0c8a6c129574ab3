import { dirname, join, resolve } from 'node:path';

/** Where this headend's files are: all in one folder with `--dir`, else by the Filesystem Hierarchy Standard. */
export interface Places {
  readonly settings: string;
  /** Names in headend.yaml that are not absolute start here. */
  readonly folder: string;
  /** The operators' door: a NETCONF server on a Unix socket. */
  readonly socket: string;
}

export function placesOf(options: { dir?: string; config?: string }): Places {
  const settings = resolve(options.config ?? join(options.dir ?? '/etc/sublane', 'headend.yaml'));
  const folder = resolve(
    options.dir ?? (options.config === undefined ? '/var/lib/sublane' : dirname(resolve(options.config))),
  );
  return { settings, folder, socket: join(folder, 'headend.sock') };
}
