import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { connect as connectTlsSocket, type TLSSocket } from 'node:tls';
import { failed, type Milliseconds, milliseconds, ok, type Result } from '@sublane/basics';
import { type CertificateCheck, holderOf, nameTrouble, readPins } from './certificate-check.ts';
import type { ConnectFailure } from './failures.ts';
import { openSocket } from './socket.ts';
import type { Progress, Transport } from './transport.ts';

export interface TlsOptions extends TlsLogin {
  /** A name or an address. */
  readonly host: string;
  /** Default 6513 (RFC 7589 §2.1). */
  readonly port?: number;
}

/** Who we are to a server, and how we know it: the same whichever side dialled. */
export interface TlsLogin {
  /** Ours, PEM; after it those between it and its authority. */
  readonly certificate: string | Buffer;
  /** Its private key, PEM. */
  readonly key: string | Buffer;
  readonly passphrase?: string;
  readonly server: CertificateCheck;
  /** How long the server may be silent before TCP asks whether it is there; 30 s unless given. `false`: never. */
  readonly keepalive?: Milliseconds | false;
}

/** NETCONF over TLS (RFC 7589): both sides show certificates, ours stands for our user name. */
export async function openTls(
  options: TlsOptions,
  signal: AbortSignal,
  progress: Progress,
): Promise<Result<TlsTransport, ConnectFailure>> {
  const { host, port = 6513 } = options;
  const name = `tls://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const checked = checkTlsLogin(options, host);
  if (!checked.ok) return checked;

  progress.waitingFor = 'the connection';
  const socket = await openSocket({ host, port }, name, signal);
  if (!socket.ok) return socket;
  return tlsOver(socket.value, name, options, checked.value, progress);
}

/** What a login comes to, once it is known to be usable. */
export interface CheckedTlsLogin {
  readonly subject: string;
  readonly key: KeyObject;
  readonly pins?: readonly string[];
  readonly names: readonly string[];
  /** For the server to choose its certificate by, where it has several. */
  readonly serverName?: string;
}

/** @param host what was dialled; undefined where the server called */
export function checkTlsLogin(login: TlsLogin, host?: string): Result<CheckedTlsLogin, ConnectFailure> {
  const { server } = login;
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(login.certificate);
  } catch (error) {
    return badInput('certificate', `The certificate cannot be used: ${(error as Error).message}. Expected PEM.`);
  }
  const subject = holderOf(certificate);
  let key: KeyObject;
  try {
    key = createPrivateKey({
      key: login.key,
      ...(login.passphrase !== undefined && { passphrase: login.passphrase }),
    });
  } catch (error) {
    return badInput('private-key', `The private key cannot be used: ${(error as Error).message}. Expected PEM.`);
  }
  if (!certificate.checkPrivateKey(key))
    return badInput('private-key', `The private key is not that of the certificate of ${subject}.`);
  if ('fingerprints' in server) {
    const pins = readPins(server.fingerprints);
    if (pins.ok) return ok({ subject, key, pins: pins.value, names: [] });
    const { fingerprint } = pins.failure;
    const found = fingerprint === undefined ? 'there is none' : `found "${fingerprint}"`;
    return badInput(
      'fingerprint',
      `Expected the server's fingerprint as 32 pairs of hexadecimal digits; ${found}. \`openssl x509 -noout -fingerprint -sha256 -in CERTIFICATE\` prints it.`,
    );
  }
  const names = server.names ?? (host === undefined ? [] : [host]);
  if (names.length === 0)
    return badInput(
      'server-names',
      'Expected the names a server that calls may have in its certificate; there is none.',
    );
  return ok({ subject, key, names, ...(host !== undefined && isIP(host) === 0 && { serverName: host }) });
}

function badInput(input: 'certificate' | 'private-key' | 'fingerprint' | 'server-names', message: string) {
  return failed({ kind: 'bad-input', input, message } as const);
}

export interface TlsTransport extends Transport {
  /** The server's. */
  readonly certificate: X509Certificate;
}

/** The client's side of TLS over a connection, whichever side dialled. A socket that comes to nothing is destroyed. */
export async function tlsOver(
  socket: Socket,
  name: string,
  login: TlsLogin,
  checked: CheckedTlsLogin,
  progress: Progress,
): Promise<Result<TlsTransport, ConnectFailure>> {
  progress.waitingFor = 'the TLS handshake';
  const { keepalive = milliseconds(30_000) } = login;
  if (keepalive !== false) socket.setKeepAlive(true, keepalive);
  const shaken = await handshake(socket, name, login, checked);
  if (!shaken.ok) {
    socket.destroy();
    return shaken;
  }
  const tls = shaken.value;
  const certificate = tls.getPeerX509Certificate();
  const refused = certificateTrouble(tls, certificate, checked);
  if (refused !== undefined || certificate === undefined) {
    socket.destroy();
    return failed({
      kind: 'certificate-refused',
      seen: certificate?.fingerprint256,
      message: `${name} showed a certificate that is not trusted: ${refused ?? 'none'}. If the server was not given a new one, somebody stands in between.`,
    });
  }
  return ok({
    stream: tls,
    name,
    certificate,
    trouble: () => (tls.errored === null ? undefined : alertText(tls.errored)),
    close: () => {
      tls.end();
      if (tls.writableFinished) socket.destroySoon();
      else tls.once('finish', () => socket.destroySoon());
    },
    refused: ({ message }) => ({
      kind: 'authentication-refused',
      user: checked.subject,
      methods: ['certificate'],
      message: `${message} Most likely it does not accept the certificate of ${checked.subject}: its log says why.`,
    }),
  });
}

function handshake(
  socket: Socket,
  name: string,
  { certificate, server }: TlsLogin,
  { key, serverName }: CheckedTlsLogin,
): Promise<Result<TLSSocket, ConnectFailure>> {
  return new Promise((resolve) => {
    let tls: TLSSocket;
    try {
      tls = connectTlsSocket({
        socket,
        cert: certificate,
        key: key.export({ type: 'pkcs8', format: 'pem' }),
        ...('ca' in server && { ca: server.ca as string, ...(server.crl !== undefined && { crl: server.crl }) }),
        ...(serverName !== undefined && { servername: serverName }),
        minVersion: 'TLSv1.2', // RFC 8996
        // Looked at below, with words of its own, before a byte of NETCONF is sent.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      });
    } catch (error) {
      return resolve(badInput('certificate', `OpenSSL does not take what was given: ${(error as Error).message}.`));
    }
    tls.once('secureConnect', () => resolve(ok(tls)));
    // Stays: an error without a listener would end the process.
    tls.on('error', (error: NodeJS.ErrnoException) =>
      resolve(
        failed({ kind: 'unreachable', code: error.code, message: `${name}: no TLS session: ${alertText(error)}.` }),
      ),
    );
    tls.once('close', () =>
      resolve(failed({ kind: 'closed', message: `${name} closed the connection during the TLS handshake.` })),
    );
  });
}

function certificateTrouble(
  tls: TLSSocket,
  certificate: X509Certificate | undefined,
  { pins, names }: CheckedTlsLogin,
): string | undefined {
  if (certificate === undefined) return 'there is none';
  if (pins !== undefined) {
    if (pins.includes(certificate.fingerprint256)) return undefined;
    return `its fingerprint is ${certificate.fingerprint256}, expected ${pins.join(' or ')}`;
  }
  if (!tls.authorized) return `${holderOf(certificate)}: ${tls.authorizationError}`;
  return nameTrouble(certificate, names);
}

/** OpenSSL's errors end with the line of its source. */
function alertText(error: NodeJS.ErrnoException): string {
  const alert = /SSL routines:[^:]*:([^:]+)/.exec(error.message)?.[1];
  return alert === undefined ? error.message : `TLS says "${alert.trim()}"`;
}
