import { milliseconds } from '@sublane/basics';
import type { PolicyHookSettings } from '../policy/configuration.ts';
import type { ConfigurationFault } from './configuration-fault.ts';
import type { AaaData } from './headend-data.ts';

type PolicyHookData = NonNullable<AaaData['policy-hook']>;

/** `/headend/aaa/policy-hook`, with the defaults of the schema. */
export function policyHookOf(aaa: AaaData | undefined): PolicyHookSettings | undefined {
  const hook = aaa?.['policy-hook'];
  if (hook === undefined) return undefined;
  const { url, timeout, 'when-away': whenAway, 'token-file': tokenFile, 'ca-file': caFile } = hook;
  return {
    url,
    timeout: milliseconds(timeout ?? 500),
    whenAway: whenAway ?? 'refuse',
    ...(tokenFile !== undefined && { tokenFile }),
    ...(caFile !== undefined && { caFile }),
  };
}

/** What the schema's pattern cannot see of the URL. */
export function policyHookFaults(aaa: AaaData | undefined): ConfigurationFault[] {
  const hook = aaa?.['policy-hook'];
  return hook === undefined ? [] : urlFaults(hook);
}

function urlFaults({ url, 'ca-file': caFile }: PolicyHookData): ConfigurationFault[] {
  const fault = (message: string, leaf = 'url') => [
    { path: `aaa/policy-hook/${leaf}`, code: 'policy-hook-url', message },
  ];
  if (!URL.canParse(url))
    return fault('this is no URL; expected one as http://127.0.0.1:8181/v1/data/sublane/decision');
  const { protocol, username, password, hash } = new URL(url);
  if (username !== '' || password !== '')
    return fault('a user or a password in the URL would be seen by all who read the configuration; use token-file');
  if (hash !== '') return fault('the part behind # never reaches a server; leave it out');
  if (caFile !== undefined && protocol !== 'https:')
    return fault('certificates are for https only; change the URL, or leave this out', 'ca-file');
  return [];
}
