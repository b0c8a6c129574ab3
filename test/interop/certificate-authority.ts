import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPENSSL } from './throwaway-certificates.ts';

/** Why it cannot run here; `undefined` where it can. */
export function opensslMissing(): string | undefined {
  return existsSync(OPENSSL) ? undefined : 'openssl missing: apt-get install --no-install-recommends openssl';
}

export interface Issued {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

interface IssueOptions {
  /** `/CN=olga/O=Example`; `/CN=` and the name unless given. */
  readonly subject?: string;
  /** As openssl writes them: `DNS:localhost,IP:127.0.0.1,email:olga@example.net`. */
  readonly names?: string;
  /** From today; a negative number is over. */
  readonly days?: number;
  /** `serverAuth`, `clientAuth`; both unless given. */
  readonly usage?: string;
}

/** An authority for one test, by openssl's own hand, in a folder of the test's. */
export class CertificateAuthority implements Issued {
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly #folder: string;

  private constructor(folder: string, issued: Issued) {
    this.#folder = folder;
    ({
      certificate: this.certificate,
      key: this.key,
      certificateFile: this.certificateFile,
      keyFile: this.keyFile,
    } = issued);
  }

  /** One that stands for itself. */
  static root(folder: string, name = 'ca'): CertificateAuthority {
    const [keyFile, certificateFile] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    openssl([
      ...[
        'req',
        '-x509',
        ...NEW_KEY,
        '-keyout',
        keyFile,
        '-out',
        certificateFile,
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
      ],
      ...extensions.flatMap((one) => ['-addext', one]),
    ]);
    return new CertificateAuthority(folder, read(certificateFile, keyFile));
  }

  /** One below this. */
  authority(name: string): CertificateAuthority {
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    return new CertificateAuthority(this.#folder, this.#sign(name, extensions, {}));
  }

  issue(name: string, options: IssueOptions = {}): Issued {
    const { names, usage = 'serverAuth,clientAuth' } = options;
    const extensions = [
      'basicConstraints=critical,CA:FALSE',
      `extendedKeyUsage=${usage}`,
      ...(names === undefined ? [] : [`subjectAltName=${names}`]),
    ];
    return this.#sign(name, extensions, options);
  }

  /** A revocation list of this authority with one certificate on it; PEM. */
  revoke({ certificateFile }: Issued): string {
    const file = (name: string) => join(this.#folder, name);
    const settings = file('revoked.cnf');
    writeFileSync(file('index.txt'), '');
    writeFileSync(
      settings,
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index.txt')}\ndefault_md=sha256\ndefault_crl_days=2\n`,
    );
    const by = ['-config', settings, '-cert', this.certificateFile, '-keyfile', this.keyFile];
    openssl(['ca', ...by, '-revoke', certificateFile]);
    openssl(['ca', ...by, '-gencrl', '-out', file('crl.pem')]);
    return readFileSync(file('crl.pem'), 'utf8');
  }

  #sign(name: string, extensions: readonly string[], { subject = `/CN=${name}`, days = 2 }: IssueOptions): Issued {
    const file = (kind: string) => join(this.#folder, `${name}.${kind}`);
    const [keyFile, request, certificateFile] = [file('key'), file('csr'), file('pem')];
    openssl(['req', ...NEW_KEY, '-keyout', keyFile, '-out', request, '-subj', subject]);
    writeFileSync(file('ext'), extensions.join('\n'));
    openssl([
      ...['x509', '-req', '-in', request, '-CA', this.certificateFile, '-CAkey', this.keyFile, '-out', certificateFile],
      ...['-days', String(days), '-extfile', file('ext')],
    ]);
    return read(certificateFile, keyFile);
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(args: readonly string[]): void {
  execFileSync(OPENSSL, args, { stdio: 'pipe' });
}

function read(certificateFile: string, keyFile: string): Issued {
  const text = (file: string) => readFileSync(file, 'utf8');
  return { certificate: text(certificateFile), key: text(keyFile), certificateFile, keyFile };
}
