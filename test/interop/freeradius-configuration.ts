import type { FreeradiusOptions, FreeradiusUser } from './freeradius.ts';

export interface ConfigurationOptions extends FreeradiusOptions {
  readonly folder: string;
  readonly secret: string;
  readonly ports: {
    readonly authentication: number;
    readonly accounting: number;
    readonly tls?: number;
    readonly dynamicAuthorization?: number;
  };
}

/** The files of a whole configuration, by name: nothing of the machine's own is read but modules and dictionaries. */
export function configurationFiles(options: ConfigurationOptions): Record<string, string> {
  return {
    'radiusd.conf': radiusd(options),
    dictionary: '$INCLUDE /usr/share/freeradius/dictionary\n',
    users: (options.users ?? []).map(user).join('\n'),
  };
}

function radiusd({ folder, secret, ports, statusServer = true, ...rest }: ConfigurationOptions): string {
  return `
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
name = freeradius
pidfile = ${folder}/pid
max_request_time = 30
cleanup_delay = 5
max_requests = 65536
hostname_lookups = no
security {
	max_attributes = 200
	# A Reject is not held back: tests would wait for it.
	reject_delay = 0
	status_server = ${statusServer ? 'yes' : 'no'}
}
proxy_requests = no
client loopback {
	ipaddr = 127.0.0.1
	secret = "${secret}"
	require_message_authenticator = yes
}
thread pool {
	start_servers = 2
	max_servers = 8
	min_spare_servers = 1
	max_spare_servers = 8
	max_requests_per_server = 0
}
modules {
	pap {
	}
	chap {
	}
	always ok {
		rcode = ok
	}
	always reject {
		rcode = reject
	}
	always handled {
		rcode = handled
	}
	files {
		usersfile = ${folder}/users
	}
	detail accounts {
		filename = ${folder}/accounts
		permissions = 0600
	}
	detail changes {
		filename = ${folder}/changes
		permissions = 0600
	}
	detail accesses {
		filename = ${folder}/accesses
		permissions = 0600
		suppress {
			User-Password
		}
	}
}
${ports.tls === undefined ? '' : tlsListener(folder, ports.tls)}
${ports.dynamicAuthorization === undefined ? '' : dynamicAuthorizationListener(rest, ports.dynamicAuthorization)}
server default {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = ${ports.authentication}
	}
	listen {
		type = acct
		ipaddr = 127.0.0.1
		port = ${ports.accounting}
	}
	${sections(rest)}
}
`;
}

/** 3.2.1 puts no Message-Authenticator into its answers by itself. */
function sections({ messageAuthenticator = true, keep = true }: FreeradiusOptions): string {
  const sign = messageAuthenticator ? 'update reply { &Message-Authenticator := 0x00 }' : 'ok';
  return `
	authorize {
		${keep ? 'accesses' : ''}
		files
		if (&control:Tmp-String-0 == "challenge") {
			update control { &Response-Packet-Type := Access-Challenge }
			update reply { &State := 0x01 }
			${sign}
			handled
		}
		if (&control:Tmp-String-0 == "nothing") {
			update control { &Response-Packet-Type := Do-Not-Respond }
			handled
		}
		if (&control:Cleartext-Password && &Service-Type == "Authorize-Only") {
			update control { &Auth-Type := Accept }
		}
		chap
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
	}
	accounting {
		${keep ? 'accounts' : 'ok'}
	}
	post-auth {
		${sign}
		Post-Auth-Type REJECT {
			${sign}
		}
	}`;
}

function dynamicAuthorizationListener(options: FreeradiusOptions, port: number): string {
  const { messageAuthenticator = true, keep = true, dynamicAuthorization } = options;
  const known = (dynamicAuthorization?.unknownSessions ?? []).map(
    (session) => `
		if (&Acct-Session-Id == ${quoted(session)}) {
			update reply { &Error-Cause := Session-Context-Not-Found }
			reject
		}`,
  );
  return `
listen {
	type = coa
	ipaddr = 127.0.0.1
	port = ${port}
	virtual_server = edge
}
server edge {
	recv-coa {
		${keep ? 'changes' : ''}
		${messageAuthenticator ? 'update reply { &Message-Authenticator := 0x00 }' : ''}
		${known.join('\n')}
		ok
	}
}`;
}

function tlsListener(folder: string, port: number): string {
  return `
clients radsec {
	client loopback_tls {
		ipaddr = 127.0.0.1
		proto = tls
		secret = radsec
		# By default 16, those that ended a moment ago counted.
		limit {
			max_connections = 0
		}
	}
}
listen {
	type = auth+acct
	ipaddr = 127.0.0.1
	port = ${port}
	proto = tcp
	virtual_server = default
	clients = radsec
	limit {
		max_connections = 128
		lifetime = 0
		idle_timeout = 0
	}
	tls {
		private_key_file = ${folder}/server.key
		certificate_file = ${folder}/server.pem
		ca_file = ${folder}/ca.pem
		fragment_size = 8192
		cipher_list = "DEFAULT"
		tls_min_version = "1.2"
		tls_max_version = "1.3"
		require_client_cert = yes
	}
}`;
}

let nobodyKnows = 0;

function user({ name, password, answer, reply = {} }: FreeradiusUser): string {
  const items = Object.entries(reply).flatMap(([attribute, value]) =>
    (typeof value === 'object' ? value : [value]).map((one) => `\t${attribute} += ${item(one)}`),
  );
  const check = [
    `Cleartext-Password := ${quoted(password ?? `${process.pid} ${++nobodyKnows} ${Math.random()}`)}`,
    ...(answer === undefined ? [] : [`Tmp-String-0 := ${quoted(answer)}`]),
  ];
  return `${quoted(name)} ${check.join(', ')}\n${items.join(',\n')}\n`;
}

const item = (value: string | number) =>
  /^(?:0x[0-9a-f]+|\d+)$/i.test(String(value)) ? String(value) : quoted(String(value));
const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
