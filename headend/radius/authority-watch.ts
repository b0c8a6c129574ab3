import type { RadiusStatus } from './radius-side.ts';

type Server = Pick<RadiusStatus['servers'][number], 'authority' | 'name' | 'state'>;

/** What has become of a server, told once each time. */
export interface AuthorityAlarm {
  readonly authority: string;
  readonly server: string;
  readonly state: 'dead' | 'alive';
}

/** Which servers of authorities do not answer. One that was never asked has no state to lose. */
export class AuthorityWatch {
  readonly #dead = new Set<string>();

  /** Compares with the last look. A dead server that is tried again is dead until it answers. */
  look(servers: readonly Server[]): readonly AuthorityAlarm[] {
    const alarms: AuthorityAlarm[] = [];
    const known = new Set<string>();
    for (const { authority, name: server, state } of servers) {
      const key = `${authority} ${server}`;
      known.add(key);
      if (state === 'dead' && !this.#dead.has(key)) {
        this.#dead.add(key);
        alarms.push({ authority, server, state });
      } else if (state === 'alive' && this.#dead.delete(key)) {
        alarms.push({ authority, server, state });
      }
    }
    for (const key of this.#dead) if (!known.has(key)) this.#dead.delete(key);
    return alarms;
  }
}
