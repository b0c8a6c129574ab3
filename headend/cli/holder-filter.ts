import type { Command } from 'commander';

/** Whose addresses, or from which pool: options that lists of addresses have in common. */
export interface HolderOptions {
  readonly host?: string;
  readonly pool?: string;
  readonly address?: string;
}

/** What an entry is, and what it is to a host and an address: "only those of this host". */
export function holderOptions(
  command: Command,
  { ofHost, ofAddress }: { readonly ofHost: string; readonly ofAddress: string },
): Command {
  return command
    .option('--host <host-id>', ofHost)
    .option('--pool <pool>', 'only those of this pool')
    .option('--address <address>', ofAddress);
}

/** As the rpcs take it. */
export function holderFilter({ host, pool, address }: HolderOptions) {
  return {
    ...(host !== undefined && { 'host-id': host }),
    ...(pool !== undefined && { pool }),
    ...(address !== undefined && { address }),
  };
}
