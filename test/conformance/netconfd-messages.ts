import { BASE_NAMESPACE } from '@sublane/netconf';
import type { Outcome } from './raw-session.ts';

const SYSTEM = 'urn:ietf:params:xml:ns:yang:ietf-system';
const rpc = (operation: string, attributes = ' message-id="1"') =>
  `<rpc xmlns="${BASE_NAMESPACE}"${attributes}>${operation}</rpc>`;
const edit = (inside: string, more = '', attributes = '') =>
  rpc(
    `<edit-config><target><candidate/></target>${more}<config xmlns:nc="${BASE_NAMESPACE}">` +
      `<system xmlns="${SYSTEM}"${attributes}>${inside}</system></config></edit-config>`,
  );
const lock = (name: string, operation = 'lock') => rpc(`<${operation}><target><${name}/></target></${operation}>`);
const server = (inside: string, operation = '') =>
  `<dns-resolver><server${operation === '' ? '' : ` nc:operation="${operation}"`}>${inside}</server></dns-resolver>`;
const UDP = '<udp-and-tcp><address>192.0.2.1</address></udp-and-tcp>';

/** Whole messages, by what they are; each on a session whose candidate was made like running before. */
export const MESSAGES: Readonly<Record<string, string>> = {
  'get-config': rpc('<get-config><source><running/></source></get-config>'),
  'get-config of the candidate': rpc('<get-config><source><candidate/></source></get-config>'),
  'get-config of startup, which neither has': rpc('<get-config><source><startup/></source></get-config>'),
  'get-config of a datastore nobody has': rpc('<get-config><source><old/></source></get-config>'),
  'get-config without a source': rpc('<get-config/>'),
  'get-config with a source that is empty': rpc('<get-config><source/></get-config>'),
  'get-config with two sources': rpc('<get-config><source><running/></source><source><running/></source></get-config>'),
  'get-config with two datastores in a source': rpc('<get-config><source><running/><candidate/></source></get-config>'),
  'get-config with a parameter nobody knows': rpc('<get-config><source><running/></source><now/></get-config>'),
  'get-config with a parameter of another namespace': rpc(
    '<get-config><source><running/></source><now xmlns="urn:example:nobody"/></get-config>',
  ),
  'get with an empty filter': rpc('<get><filter/></get>'),
  'get with a filter of no type': rpc('<get><filter type="regex"/></get>'),
  'get with an XPath that is none': rpc('<get><filter type="xpath" select="///["/></get>'),
  'get with an XPath filter without one': rpc('<get><filter type="xpath"/></get>'),
  'get with a prefix that is bound to nothing in its XPath': rpc('<get><filter type="xpath" select="/q:a"/></get>'),
  'get with an attribute nobody knows': rpc('<get now="1"><filter/></get>'),
  'an operation nobody has': rpc('<halt-and-catch-fire/>'),
  'an operation of a namespace nobody has': rpc('<get xmlns="urn:example:nobody"/>'),
  'no operation': rpc(''),
  'two operations': rpc('<get><filter/></get><get><filter/></get>'),
  'no message-id': rpc('<get><filter/></get>', ''),
  'more attributes': rpc('<get><filter/></get>', ' message-id="1" xmlns:e="urn:e" e:f="g"'),
  'no namespace': '<rpc message-id="1"><get/></rpc>',
  'edit-config that merges': edit('<contact>a</contact>'),
  'edit-config that creates': edit('<contact nc:operation="create">a</contact>'),
  'edit-config that deletes what is not there': edit('<contact nc:operation="delete"/>'),
  'edit-config that removes what is not there': edit('<contact nc:operation="remove"/>'),
  'edit-config by default none, of what is not there': edit(
    '<contact>a</contact>',
    '<default-operation>none</default-operation>',
  ),
  'edit-config with an operation nobody knows': edit('<contact nc:operation="add">a</contact>'),
  'edit-config with a default-operation nobody knows': edit('', '<default-operation>add</default-operation>'),
  'edit-config with a test-option nobody knows': edit('', '<test-option>maybe</test-option>'),
  'edit-config with an error-option nobody knows': edit('', '<error-option>ignore</error-option>'),
  'edit-config with a node nobody knows': edit('<colour>red</colour>'),
  'edit-config with a node of a namespace nobody knows': edit('<colour xmlns="urn:example:nobody">red</colour>'),
  'edit-config with a wrong value': edit('<dns-resolver><options><timeout>0</timeout></options></dns-resolver>'),
  'edit-config with a value that is no number': edit(
    '<dns-resolver><options><timeout>x</timeout></options></dns-resolver>',
  ),
  'edit-config with a wrong address': edit(
    server('<name>a</name><udp-and-tcp><address>nowhere</address></udp-and-tcp>'),
  ),
  'edit-config with a list entry': edit(server(`<name>a</name>${UDP}`)),
  'edit-config with an entry without its key': edit(server(UDP)),
  'edit-config that creates an entry': edit(server(`<name>a</name>${UDP}`, 'create')),
  'edit-config that deletes an entry that is not there': edit(server('<name>a</name>', 'delete')),
  'edit-config with a leaf twice': edit('<contact>a</contact><contact>b</contact>'),
  'edit-config with an entry twice': edit(
    `<dns-resolver><server><name>a</name>${UDP}</server><server><name>a</name>${UDP}</server></dns-resolver>`,
  ),
  'edit-config with state': rpc(
    `<edit-config><target><candidate/></target><config><system-state xmlns="${SYSTEM}"><platform><os-name>a</os-name></platform></system-state></config></edit-config>`,
  ),
  'edit-config without a target': rpc('<edit-config><config/></edit-config>'),
  'edit-config without a config': rpc('<edit-config><target><candidate/></target></edit-config>'),
  'edit-config of running, where the candidate is the target': rpc(
    `<edit-config><target><running/></target><config><system xmlns="${SYSTEM}"><contact>a</contact></system></config></edit-config>`,
  ),
  'edit-config of a datastore nobody has': rpc('<edit-config><target><old/></target><config/></edit-config>'),
  'edit-config of a candidate that would break what the whole must keep': edit(
    '<dns-resolver><server><name>b</name></server></dns-resolver>',
  ),
  lock: lock('candidate'),
  'lock of a datastore nobody has': lock('old'),
  'lock without a target': rpc('<lock/>'),
  'unlock of what is not locked': lock('candidate', 'unlock'),
  'commit of nothing': rpc('<commit/>'),
  'commit with a timeout that is none': rpc('<commit><confirmed/><confirm-timeout>0</confirm-timeout></commit>'),
  'commit with a parameter nobody knows': rpc('<commit><now/></commit>'),
  'cancel-commit of nothing': rpc('<cancel-commit/>'),
  'discard-changes': rpc('<discard-changes/>'),
  'validate of the candidate': rpc('<validate><source><candidate/></source></validate>'),
  'validate of a datastore nobody has': rpc('<validate><source><old/></source></validate>'),
  'validate of nothing': rpc('<validate/>'),
  'copy-config onto itself': rpc(
    '<copy-config><target><candidate/></target><source><candidate/></source></copy-config>',
  ),
  'copy-config of running to the candidate': rpc(
    '<copy-config><target><candidate/></target><source><running/></source></copy-config>',
  ),
  'copy-config without a source': rpc('<copy-config><target><candidate/></target></copy-config>'),
  'delete-config of running': rpc('<delete-config><target><running/></target></delete-config>'),
  'kill-session of nobody': rpc('<kill-session><session-id>4000000</session-id></kill-session>'),
  'kill-session of zero': rpc('<kill-session><session-id>0</session-id></kill-session>'),
  'kill-session of a word': rpc('<kill-session><session-id>you</session-id></kill-session>'),
  'kill-session without a number': rpc('<kill-session/>'),
  'get-schema': rpc(
    '<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><identifier>ietf-system</identifier></get-schema>',
  ),
  'get-schema of nothing': rpc('<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"/>'),
  'get-schema of what is not there': rpc(
    '<get-schema xmlns="urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"><identifier>nobody</identifier></get-schema>',
  ),
  'an rpc of a module with a wrong value': rpc(
    `<set-current-datetime xmlns="${SYSTEM}"><current-datetime>soon</current-datetime></set-current-datetime>`,
  ),
  'an rpc of a module without what is mandatory': rpc(`<set-current-datetime xmlns="${SYSTEM}"/>`),
  'an rpc of a module with what it does not know': rpc(`<system-restart xmlns="${SYSTEM}"><now/></system-restart>`),
  'no XML': '<rpc',
  'tags that do not match': rpc('<get></got>'),
  'a document type': `<!DOCTYPE rpc>${rpc('<get><filter/></get>')}`,
  'an entity nobody declared': rpc('<get><filter>&nbsp;</filter></get>'),
  'comments and instructions': `<?a b?><!-- c -->${rpc('<get><!-- d --><filter/></get>')}`,
  'another element than <rpc>': `<ask xmlns="${BASE_NAMESPACE}"/>`,
};

interface Difference {
  readonly netconfd: Outcome;
  readonly ours: Outcome;
  /** Who is right, by what. */
  readonly why: string;
}

const MISSING = {
  netconfd: 'error data-missing',
  ours: 'error missing-element',
  why: 'RFC 7950 §8.3.1: of what an rpc must hold, missing-element with the name of the element',
} as const;
const TYPE = {
  netconfd: 'error bad-element',
  ours: 'error invalid-value',
  why: 'RFC 7950 §8.3.1: a value that does not match its type is an invalid-value',
} as const;
const XPATH = {
  netconfd: 'error bad-attribute',
  ours: 'error invalid-value',
  why: 'RFC 6241 §8.9.1 has invalid-value for an expression that gives no node set; the same for one that gives nothing',
} as const;
const MALFORMED = {
  netconfd: 'closed',
  ours: 'error malformed-message',
  why: 'RFC 6241 §3: a peer SHOULD reply with malformed-message; the session need not end',
} as const;

/** Where the two do not answer alike. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'get-config of startup, which neither has': {
    netconfd: 'error invalid-value',
    ours: 'error operation-not-supported',
    why: 'the datastore is one of RFC 6241, but its capability is not announced: the request is not supported here',
  },
  'get-config without a source': MISSING,
  'get-config with a source that is empty': MISSING,
  'edit-config without a target': MISSING,
  'edit-config without a config': MISSING,
  'lock without a target': MISSING,
  'validate of nothing': MISSING,
  'copy-config without a source': MISSING,
  'kill-session without a number': MISSING,
  'get-schema of nothing': MISSING,
  'an rpc of a module without what is mandatory': MISSING,
  'get-config with two sources': {
    netconfd: 'error unknown-element',
    ours: 'error bad-element',
    why: 'the element is known; that it comes twice is what is wrong with it',
  },
  'get-config with two datastores in a source': {
    netconfd: 'error unknown-element',
    ours: 'error bad-element',
    why: 'RFC 7950 §8.3.1: nodes of two cases of one choice are a bad-element',
  },
  'edit-config with a leaf twice': {
    netconfd: 'error unknown-element',
    ours: 'error bad-element',
    why: 'the leaf is known; that it comes twice is what is wrong with it',
  },
  'get with an XPath that is none': XPATH,
  'get with a prefix that is bound to nothing in its XPath': XPATH,
  'an operation nobody has': {
    netconfd: 'error unknown-element',
    ours: 'error operation-not-supported',
    why: 'RFC 6241 Appendix A: the requested operation is not supported by this implementation',
  },
  'delete-config of running': {
    netconfd: 'error unknown-element',
    ours: 'error operation-not-supported',
    why: 'RFC 6241 §7.4: running cannot be deleted; its module has no leaf for it, but everybody knows what was meant',
  },
  'no operation': {
    netconfd: 'error unknown-element',
    ours: 'error missing-element',
    why: 'nothing is there that could be unknown; RFC 6241 Appendix B wants one rpcOperation',
  },
  'two operations': {
    netconfd: 'ok',
    ours: 'error bad-element',
    why: 'RFC 6241 Appendix B: an <rpc> has one operation; to carry out one of two would be a guess',
  },
  'more attributes': {
    netconfd: 'error (a reply that is no XML)',
    ours: 'data',
    why: 'RFC 6241 §4.1: all attributes come back, namespace declarations among them, and the reply is well-formed (§3)',
  },
  'no namespace': {
    netconfd: 'data',
    ours: 'error unknown-element',
    why: 'RFC 6241 §3.1: all elements of the protocol are in its namespace',
  },
  'edit-config by default none, of what is not there': {
    netconfd: 'ok',
    ours: 'error data-missing',
    why: 'RFC 6241 §7.2: with the default-operation none, data without a corresponding level in the target is data-missing',
  },
  'edit-config with a value that is no number': TYPE,
  'kill-session of a word': TYPE,
  'edit-config with a wrong address': {
    netconfd: 'error unknown-element',
    ours: 'error invalid-value',
    why: 'RFC 7950 §8.3.1: a value that does not match its type is an invalid-value',
  },
  'edit-config with state': {
    netconfd: 'error access-denied',
    ours: 'error unknown-element',
    why: 'nobody was denied anything: the configuration has no such node (RFC 7950 §7.21.1)',
  },
  'edit-config of running, where the candidate is the target': {
    netconfd: 'error operation-failed',
    ours: 'error operation-not-supported',
    why: 'RFC 6241 §8.2: :writable-running is not announced',
  },
  'edit-config of a candidate that would break what the whole must keep': {
    netconfd: 'error data-missing',
    ours: 'ok',
    why: 'RFC 7950 §8.3.3: the constraints on a candidate are enforced when it is committed or validated',
  },
  'copy-config onto itself': {
    netconfd: 'error operation-not-supported',
    ours: 'error invalid-value',
    why: 'RFC 6241 §7.3: an error MUST be returned with an error-tag containing invalid-value',
  },
  'get-schema of what is not there': {
    netconfd: 'error operation-failed',
    ours: 'error invalid-value',
    why: 'RFC 6022 §3.1: if the requested schema does not exist, the error-tag is invalid-value',
  },
  'an rpc of a module with what it does not know': {
    netconfd: 'ok',
    ours: 'error unknown-element',
    why: 'RFC 7950 §8.3.1: what the schema does not have is an unknown-element',
  },
  'no XML': MALFORMED,
  'tags that do not match': MALFORMED,
  'an entity nobody declared': MALFORMED,
  'a document type': {
    netconfd: 'data',
    ours: 'error malformed-message',
    why: 'RFC 6241 §3.2: document type declarations MUST NOT appear in NETCONF content',
  },
  'another element than <rpc>': {
    netconfd: 'closed',
    ours: 'error unknown-element',
    why: 'RFC 6241 does not say; an answer tells the peer what was wrong, and its session is not lost',
  },
};
