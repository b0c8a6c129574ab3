import { type Milliseconds, type Seconds, seconds, toMilliseconds } from '@sublane/basics';
import * as v from 'valibot';

/** How the agent gets on with the other programs and networks of its host. */
export interface SurroundingsConfig {
  /** Who has the host's traffic while a VPN takes all of it: `wins` takes the lanes away meanwhile. */
  readonly vpn: 'wins' | 'beside';
  readonly drift: DriftLimits;
  /** Answers 204 to a GET where the Internet is reached, something else where a login page stands before it. */
  readonly portalProbe?: string;
}

/** How often what others change is put right before it is only reported. */
export interface DriftLimits {
  /** Of one object. */
  readonly repairs: number;
  readonly within: Milliseconds;
}

export const DEFAULT_SURROUNDINGS: SurroundingsConfig = {
  vpn: 'wins',
  drift: { repairs: 5, within: toMilliseconds(seconds(60)) },
};

const whole = (from: number, to: number) => {
  const expected = `expected a whole number from ${from} to ${to}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(from, expected), v.maxValue(to, expected));
};
const PROBE_EXPECTED = 'expected a URL as http://portal-check.example/generate_204';

/** The members of agent.yaml that are of this. */
export const surroundingsMembers = {
  vpn: v.optional(v.picklist(['wins', 'beside'], 'expected wins or beside'), DEFAULT_SURROUNDINGS.vpn),
  drift: v.optional(
    v.strictObject({
      repairs: v.optional(whole(1, 1_000), DEFAULT_SURROUNDINGS.drift.repairs),
      within: v.optional(whole(1, 86_400), 60),
    }),
    {},
  ),
  'portal-probe': v.optional(
    v.pipe(
      v.string(PROBE_EXPECTED),
      v.maxLength(2_048, PROBE_EXPECTED),
      v.check((text) => URL.canParse(text) && new URL(text).protocol === 'http:', PROBE_EXPECTED),
    ),
  ),
} as const;

const surroundingsFile = v.object(surroundingsMembers);

export function surroundingsOf(file: v.InferOutput<typeof surroundingsFile>): SurroundingsConfig {
  return {
    vpn: file.vpn,
    drift: { repairs: file.drift.repairs, within: toMilliseconds(file.drift.within as Seconds) },
    ...(file['portal-probe'] !== undefined && { portalProbe: file['portal-probe'] }),
  };
}
