import { milliseconds, seconds } from '@sublane/basics';
import { type RadiusGroup, USUAL_MAPPINGS } from './aaa-configuration.ts';

/** A group of one server, with the defaults that the schema names. */
export const radiusGroup = (name: string, more: Partial<RadiusGroup> = {}): RadiusGroup => ({
  name,
  transport: 'udp',
  servers: [{ name: 'a', host: '192.0.2.9', authenticationPort: 1812, accountingPort: 1813, secretFile: 'isp' }],
  tls: {},
  method: 'pap',
  withoutPassword: 'authorize-only',
  timeout: milliseconds(5000),
  deadTime: seconds(30),
  mappings: USUAL_MAPPINGS,
  ...more,
});
