import { readFileSync, statSync } from 'node:fs';
import { failed, type Milliseconds, ok, type Result } from '@sublane/basics';
import { holderOf, readCredentials, type TlsTrust } from 'netconf-server';
import type { TlsSettings } from '../settings/tls-settings.ts';

/** What headend.yaml names under `tls`, read and checked. */
export interface LoadedTls {
  readonly trust: TlsTrust;
  /** Of the headend's own certificate. */
  readonly subject: string;
  readonly validTo: Date;
  /** `04:…`: what others pin. */
  readonly fingerprint: string;
  /** Sentences for the operator. */
  readonly warnings: readonly string[];
}

const DAY = 86_400_000;
/** Before its certificate ends, the operator wants to hear of it. */
const NOTICE = 30 * DAY;

/** Refused with a sentence that names the file, what is wrong with it and what to do. */
export function loadTls(settings: TlsSettings, now: Milliseconds): Result<LoadedTls, string> {
  const files = { certificate: settings.certificate, key: settings.key, ca: settings.ca, crl: settings.crl };
  const texts = { certificate: '', key: '', ca: '', crl: '' };
  for (const part of ['certificate', 'key', 'ca', 'crl'] as const) {
    const file = files[part];
    if (file === undefined) continue;
    try {
      texts[part] = readFileSync(file, 'utf8');
    } catch (error) {
      return failed(`cannot read ${file}: ${(error as Error).message}`);
    }
  }
  const { crl, ...needed } = texts;
  const credentials = { ...needed, ...(settings.crl !== undefined && { crl }) };
  const read = readCredentials(credentials);
  if (!read.ok) return failed(`${files[read.failure.part]}: ${read.failure.message}`);
  const { certificate } = read.value;
  const validTo = new Date(certificate.validTo);
  return ok({
    trust: { ...credentials, certToName: settings.certToName },
    subject: holderOf(certificate),
    validTo,
    fingerprint: `04:${certificate.fingerprint256}`,
    warnings: [
      ...keyWarnings(settings.key),
      ...dateWarnings(settings.certificate, validTo, now),
      ...nameWarnings(settings),
    ],
  });
}

function keyWarnings(file: string): string[] {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [`${file}: others may read this private key (mode ${mode.toString(8)}): chmod 600 ${file}`];
}

function dateWarnings(file: string, validTo: Date, now: Milliseconds): string[] {
  const left = validTo.getTime() - now;
  const on = validTo.toISOString().slice(0, 10);
  if (left < 0) return [`${file}: this certificate ended on ${on}; nobody who looks at it comes in`];
  return left < NOTICE ? [`${file}: this certificate ends on ${on}, in ${Math.floor(left / DAY)} days`] : [];
}

function nameWarnings({ certToName }: TlsSettings): string[] {
  return certToName.length > 0 ? [] : ['tls: cert-to-name is empty: no certificate lets anybody in'];
}
