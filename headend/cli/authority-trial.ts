import type { Clock, Log, Result } from '@sublane/basics';
import { createRadiusClient } from '@sublane/radius';
import type { AaaConfiguration } from '../aaa/aaa-configuration.ts';
import { authorityOf } from '../aaa/authorities.ts';
import type { AuthenticationRefusal, Grant } from '../aaa/grant.ts';
import { PasswordAttempts } from '../aaa/password-attempts.ts';
import { askRadius } from '../aaa/radius-authenticator.ts';
import { RadiusClients } from '../aaa/radius-clients.ts';
import type { Places } from '../settings/places.ts';
import { openSecrets } from '../settings/secrets.ts';
import { readSettings } from '../settings/settings.ts';

export interface TrialParts {
  readonly aaa: AaaConfiguration;
  readonly places: Places;
  readonly user: string;
  readonly hostId: string;
  readonly password: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Asks a name's RADIUS group as the headend would. Undefined: the embedded authority answers; text: why it cannot ask. */
export async function askAs(
  parts: TrialParts,
): Promise<undefined | { readonly authority: string; readonly answer: Result<Grant, AuthenticationRefusal> | string }> {
  const { aaa, places, user, hostId, password, clock, log } = parts;
  const authority = authorityOf(aaa, user);
  const group = aaa.groups.get(authority);
  if (group === undefined) return undefined;
  const faults: string[] = [];
  const error = (facts: { readonly fault?: string }) => void faults.push(facts.fault ?? '');
  const note = Object.assign(Object.create(log) as Log, { error });
  const clients = new RadiusClients({
    secrets: openSecrets(places.folder),
    clock,
    log: note,
    create: createRadiusClient,
  });
  try {
    clients.apply(new Map([[authority, group]]));
    const request = { hostId, enrolledFor: user, source: hostId, ...(password !== undefined && { password }) };
    const attempts = new PasswordAttempts(clock);
    // Servers may go by who asks: so it is asked in the headend's name.
    const settings = readSettings(places);
    const headend = settings.ok ? settings.value.name : 'headend';
    const asked = clients.with(authority, (client) => askRadius({ group, client, attempts, headend, request }));
    return { authority, answer: asked === undefined ? faults.join('\n') : await asked };
  } finally {
    await clients.close();
  }
}
