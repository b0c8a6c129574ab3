import { secretFiles } from '../aaa/aaa-configuration.ts';
import type { Configuration } from '../policy/configuration.ts';
import type { Secrets } from '../settings/secrets.ts';
import type { ConfigurationFault } from './configuration-fault.ts';

/** Files of secrets that the configuration names and that are not there as they must be. */
export function secretFaults(
  { aaa, policyHook }: Pick<Configuration, 'aaa' | 'policyHook'>,
  secrets: Pick<Secrets, 'line' | 'key' | 'certificates'>,
): readonly ConfigurationFault[] {
  const hook = 'aaa/policy-hook';
  const files = [
    ...secretFiles(aaa),
    ...(policyHook?.tokenFile === undefined
      ? []
      : [{ file: policyHook.tokenFile, path: `${hook}/token-file`, kind: 'line' as const }]),
    ...(policyHook?.caFile === undefined
      ? []
      : [{ file: policyHook.caFile, path: `${hook}/ca-file`, kind: 'certificates' as const }]),
  ];
  return files.flatMap(({ file, path, kind }) => {
    const read = secrets[kind](file);
    return read.ok ? [] : [{ path, code: 'secret-unreadable', message: read.failure }];
  });
}
