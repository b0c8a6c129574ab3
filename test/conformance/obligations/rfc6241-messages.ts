import { inNetconf, inServer, inTest, type Obligation } from './obligation.ts';

const ATTRIBUTES = inServer('messages', '%s come back unmodified, whatever the answer is');
const MALFORMED = inServer('messages', '%s: malformed-message in base:1.1, and the session goes on');
const MALFORMED_1_0 = inServer('messages', '%s: the end of the session in base:1.0 (Appendix A)');
const IN_ORDER = inServer('session-fuzz', 'every request is answered once, in order, however it is cut');
const APPENDIX_A = inServer('appendix-a', '%s, provoked by: %s');
const HELLO = inServer(
  'establishment',
  'comes first and unasked, ends with ]]>]]>, has a session-id and the capabilities',
);
const CAPABILITIES = inTest(
  'conformance/netconf-obligations',
  'with %s: each comes with those it depends on, and does what it says',
);
const HIDDEN = inTest(
  'conformance/netconf-obligations',
  'an error holds nothing of what its reader may not read (§3.2.5, §3.4.3; RFC 6241 §4.3)',
);
const BY_KEY = inServer('ssh/ssh-listener', 'enters by key: the signature is checked before anybody is asked');
const NOT_IN = inServer('ssh/ssh-listener', 'does not enter with %s');
const LOCK_GOES = inServer('datastores/lock', 'goes with its session: %s');

/** RFC 6241 §1 to §6: transport, XML, messages, filters. */
export const MESSAGES: readonly Obligation[] = [
  {
    section: '1.2',
    level: 'MUST',
    says: 'a device supports at least one session',
    tests: [inServer('server', 'begins with a hello that says what is here')],
  },
  {
    section: '1.2',
    level: 'SHOULD',
    says: 'and several',
    tests: [inServer('limits', 'on sessions, of all and of one user')],
  },
  { section: '1.3', level: 'MUST', says: 'with a capability, those it depends on', tests: [CAPABILITIES] },
  { section: '1.3', level: 'MUST', says: 'a capability URI tells the naming authority', tests: [HELLO] },
  {
    section: '2',
    level: 'MUST',
    says: 'the transport indicates the session type, client or server',
    why: 'not applicable: whoever hands a stream to `accept` is the server; with Call Home too (RFC 8071 §1.3)',
  },
  {
    section: '2.1',
    level: 'MUST',
    says: 'reliable, sequenced delivery',
    why: 'not applicable: the transport’s: TCP, a Unix stream socket, or the stream that `accept` is given',
  },
  {
    section: '2.1',
    level: 'MUST',
    says: 'what a connection took is released when it closes',
    tests: [LOCK_GOES, inServer('session-fuzz', 'sessions that are over are not held')],
  },
  {
    section: '2.2',
    level: 'MUST',
    says: 'authentication, integrity, confidentiality, replay protection',
    tests: [BY_KEY, inServer('ssh/session-keys', '%s with %s')],
  },
  { section: '2.2', level: 'MUST', says: 'connections are authenticated', tests: [BY_KEY, NOT_IN] },
  {
    section: '2.2',
    level: 'MUST',
    says: 'authentication gives an identity whose permissions the server knows',
    tests: [BY_KEY, inServer('ssh/ssh-listener', 'does not enter where the decision fails')],
  },
  {
    section: '2.2',
    level: 'MUST',
    says: 'the transport gives a user name',
    tests: [BY_KEY, inServer('establishment', 'a user named %j gets no session (RFC 6242 §3)')],
  },
  {
    section: '2.2',
    level: 'MUST',
    says: 'permissions are enforced for the whole session',
    tests: [
      inTest('conformance/netconf-obligations', 'every operation is asked for by itself, in each session (§3.4.4)'),
      inServer('data', 'to change: every node is asked for, one refusal refuses all'),
    ],
  },
  {
    section: '2.3',
    level: 'MUST',
    says: 'SSH (RFC 6242) is supported',
    tests: [
      inServer('ssh/ssh-listener', 'offers the subsystem netconf and nothing else'),
      inServer('with-client', "an operator's day"),
    ],
  },
  {
    section: '3',
    level: 'MUST',
    says: 'messages are well-formed XML in UTF-8',
    tests: [
      IN_ORDER,
      inServer(
        'session-fuzz',
        'garbage ends its own session or is refused; nobody else notices, nothing is left behind',
      ),
    ],
  },
  { section: '3', level: 'SHOULD', says: 'what is not is answered with malformed-message', tests: [MALFORMED] },
  {
    section: '3',
    level: 'MUST',
    says: 'a session that cannot be answered ends',
    tests: [MALFORMED_1_0, inServer('limits', 'on replies not taken: no more is done for that peer, and others go on')],
  },
  { section: '3.1', level: 'MUST', says: 'capability names are URIs', tests: [HELLO] },
  {
    section: '3.2',
    level: 'MUST NOT',
    says: 'document type declarations',
    tests: [MALFORMED, inNetconf('xml', '%j is malformed')],
  },
  {
    section: '4.1',
    level: 'MUST',
    says: 'message-id normalised by who wants it back unmodified',
    why: 'not applicable: binds the client; what it sends comes back as XML reads it',
  },
  {
    section: '4.1',
    level: 'MUST',
    says: 'further attributes come back unmodified, xmlns too',
    tests: [ATTRIBUTES, inServer('messages', 'message-id: %s')],
  },
  { section: '4.2', level: 'MUST', says: 'the same of <rpc-reply>', tests: [ATTRIBUTES] },
  { section: '4.3', level: 'MUST', says: 'an <rpc-error> if any error occurs', tests: [APPENDIX_A] },
  { section: '4.3', level: 'MUST NOT', says: 'error information the client may not have', tests: [HIDDEN] },
  {
    section: '4.3',
    level: 'MUST',
    says: 'the error-app-tag of the data model before that of the implementation',
    tests: [
      inServer('errors', 'a must says its own sentence, tag and place'),
      inServer('appendix-a', 'error-app-tag, error-path and error-info of the data model are in one error (§4.3)'),
    ],
  },
  {
    section: '4.3',
    level: 'SHOULD',
    says: 'error-message has xml:lang',
    tests: [APPENDIX_A, inServer('appendix-a', 'finds %s')],
  },
  {
    section: '4.5',
    level: 'MUST',
    says: 'requests of a session are processed serially',
    tests: [inServer('server', 'answers pipelined requests in order, one after another')],
  },
  { section: '4.5', level: 'MUST', says: 'answers in the order of requests', tests: [IN_ORDER] },
  {
    section: '6.2.1',
    level: 'MUST',
    says: 'an element in the filter, if any is to be in the output',
    tests: [inServer('subtree-filter', '§6.4.2 an empty filter selects nothing')],
  },
  {
    section: '6.2.1',
    level: 'MUST',
    says: 'a filter node of no namespace means all the server has',
    tests: [inServer('subtree-filter', 'none means any; the prefix does not matter')],
  },
  {
    section: '6.2.2',
    level: 'MUST',
    says: 'what is selected matches every attribute of the node',
    tests: [inServer('subtree-filter', '§6.4.8 elements with attribute naming')],
  },
  {
    section: '6.2.5',
    level: 'MUST NOT',
    says: 'nested elements in a content match node',
    why: 'not applicable: binds the client; a node with elements is a containment node (§6.2.3)',
  },
  {
    section: '6.2.5',
    level: 'MUST',
    says: 'a content match node has text; an empty one is a selection node',
    tests: [inServer('subtree-filter', '§6.4.4 all name elements within the users subtree')],
  },
];
