import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

export const OPENSSL = '/usr/bin/openssl';

/**
 * Writes into `folder` a CA, and a server's and a client's certificate of it: ca.pem, server.pem, client.pem, and their keys
 * as ca.key and so on. The server's is for localhost and 127.0.0.1. `caFolder`: whose CA it is instead.
 */
export function throwawayCertificates(folder: string, caFolder?: string): void {
  const make = (name: string, ...more: string[]) => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
    const rest = ['-out', `${name}.pem`, '-days', '2', '-subj', `/CN=${name}`, ...more];
    execFileSync(OPENSSL, ['req', '-x509', ...key, ...rest], { cwd: folder, stdio: 'pipe' });
  };
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'basicConstraints=critical,CA:FALSE'];
  if (caFolder === undefined) make('ca', '-addext', 'keyUsage=critical,keyCertSign');
  else for (const name of ['ca.pem', 'ca.key']) copyFileSync(join(caFolder, name), join(folder, name));
  make('server', ...signed, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
  make('client', ...signed);
}
