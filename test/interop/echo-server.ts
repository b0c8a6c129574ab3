import { silentLog, unwrap } from '@sublane/basics';
import { Libyang } from 'libyang-wasm';
import {
  type AuthenticationRefused,
  type CloseReason,
  createNetconfServer,
  type NetconfServer,
  type ServerOptions,
  type Session,
  type SessionRefused,
  UNRESTRICTED,
} from 'netconf-server';

const ECHO_MODULE = `
module echo {
  yang-version 1.1;
  namespace "urn:example:echo";
  prefix e;
  rpc echo { input { leaf text { type string; } } output { leaf text { type string; } leaf user { type string; } } }
}
`;

export const ECHO = '<echo xmlns="urn:example:echo"><text>are you there?</text></echo>';

/** A server that says what it is told and to whom, and keeps what its application is told. */
export interface EchoServer {
  readonly server: NetconfServer;
  readonly opened: Session[];
  readonly closed: (readonly [user: string, CloseReason])[];
  readonly refused: AuthenticationRefused[];
  readonly sessionsRefused: SessionRefused[];
}

export function echoServer(options: Partial<ServerOptions> = {}): EchoServer {
  const opened: Session[] = [];
  const closed: (readonly [user: string, CloseReason])[] = [];
  const refused: AuthenticationRefused[] = [];
  const sessionsRefused: SessionRefused[] = [];
  const sources = [{ name: 'echo', text: ECHO_MODULE }];
  const server = createNetconfServer({
    schema: unwrap(Libyang.load().createContext({ sources, implement: [{ name: 'echo' }] })),
    access: UNRESTRICTED,
    log: silentLog,
    rpcs: {
      'echo:echo': ({ input, session }) => ({
        kind: 'data',
        xml: `<text xmlns="urn:example:echo">${input.text}</text><user xmlns="urn:example:echo">${session.identity.user}</user>`,
      }),
    },
    events: {
      sessionOpened: (session) => void opened.push(session),
      sessionClosed: (session, reason) => void closed.push([session.identity.user, reason]),
      authenticationRefused: (one) => void refused.push(one),
      sessionRefused: (one) => void sessionsRefused.push(one),
    },
    ...options,
  });
  return { server, opened, closed, refused, sessionsRefused };
}
