/** A first headend.yaml, to be read and changed by a person. */
export const settingsText = ({
  name,
  listen,
}: {
  name: string;
  listen: string;
}) => `# Sublane headend: what it needs to start.
# Everything operators change day by day (locations, pools, plans, subscribers, hosts) is not here: it lives in the
# store and is reached with the headend's own commands, or by any NETCONF client.
# After a change: kill -HUP the headend for log, requests-per-minute and password-encryption keys; restart it for the rest
# (the files and names of tls count for who comes after a HUP).

# This headend's name. Hosts seal it into their encrypted passwords, so that one headend cannot use another's.
name: ${name}

# Where hosts and operators come in: NETCONF over SSH. One address, or a list. The registered port is 830.
listen: ${JSON.stringify(listen)}

# NETCONF over TLS beside it, for operators' tools that come with a certificate instead of a key (RFC 7589). Each entry of
# cert-to-name says how a name follows from a certificate: from one of its names, or from its fingerprint alone (RFC 7407;
# 04: and what "openssl x509 -noout -fingerprint -sha256" prints, of the certificate or of its authority).
# tls:
#   listen: "[::]:6513"
#   certificate-file: tls-cert.pem
#   key-file: tls-key.pem
#   ca-file: clients-ca.pem
#   cert-to-name:
#     - { fingerprint: "04:9F:…", map-type: san-rfc822-name } # operators, unless it says "for: hosts"

# Management systems that the headend calls, and goes on calling (Call Home, RFC 8071). Who they are, they prove as ever.
# call-home:
#   - { name: noc, address: noc.example.net, transport: ssh, user: olga } # port 4334, over tls 4335

# Names of files that are not absolute start in this folder.
store:
  sqlite: headend.db
  # size-limit: 1000 # MB; full, the store refuses new leases and keeps what it has
keys:
  # What hosts pin. To change it: put the new key second, wait until hosts have seen it, then make it the first.
  ssh-host: [ssh_host_ed25519_key]
  # Opens what hosts seal in user-password. The first is published for new ones; the others still open old ones.
  password-encryption: [password-key.json]

log:
  level: info # debug, info, warn, error

# true: each reply is validated by libyang once more before it leaves; slower, for tests and new releases.
revalidate-replies: false

limits:
  sessions: 20000 # open at once
  unauthenticated: 256 # connections that have not yet said who they are
  requests-per-minute: 600 # of each host, a third of it at once; every group that it names in a request counts as one
`;
