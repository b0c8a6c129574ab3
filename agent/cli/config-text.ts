/** What a new agent.yaml says of one headend. */
export interface ConfiguredHeadend {
  readonly address: string;
  readonly port: number;
  /** `SHA256:…`; none: trust on first use. */
  readonly hostKeys: readonly string[];
}

/** A commented agent.yaml. What the comments offer is what holds without them. */
export const configText = (
  hostId: string,
  headends: readonly ConfiguredHeadend[],
) => `# Sublane service agent. After a change: restart \`service-agent run\`.
host-id: ${hostId}
location: auto                 # where this host believes it is; the headend knows by the access address
headends:
${headends.map(headendText).join('')}
# Where the subscriber is to be named by password (most providers know the host's subscriber from its enrolment):
# subscriber: { user-name: alice, password-file: password }

uplink: auto                   # the interface towards the provider; auto: the one with the default route
# uplink-capacity: 20000       # what it carries, kbit/s; known, groups share it by priority when all want more
direct: []                     # what lanes reach by the host's own way: [ connected ] for the home network, or prefixes
shaping: on                    # off: leave every qdisc alone

# What arrives at these interfaces is held to a rate (kbit/s; burst is in bytes), lanes or not.
# ports: []

# What the headend may ask of this host. What is said here is what holds if nothing is said; take away what you do not
# want. Never accepted: loopback, link-local and multicast, this host's own addresses, and its networks' routers.
# accept:
#   attachments: [ on-link, routed, vlan, gre, ipip, vxlan, wireguard ]
#   lanes: 128                 # at most, of all groups
#   addresses: { within: any, at-most: 16 }      # within: any, or prefixes; for each lane
#   routes: { to: any, next-hops: any, local-networks: no, at-most: 256 }  # no: none into networks this host stands in
#   tunnels: { to: any }
#   vlans: any                 # or numbers and ranges: [ 7, 100-199 ]
#   dns: { within: any, at-most: 8 }
#   mtu: { at-least: 1280, at-most: 9216 }
#   lease: { at-least: 10, at-most: 2678400 }    # seconds
#   dscp: any                  # or numbers and ranges: [ 0, 46 ]
#   permits: 256               # entries of a security profile
#   applications: 256
#   block-when-down: yes       # a security profile may leave a group without any network while it has no lane

vpn: wins                      # beside: lanes stay up beside a VPN that takes all traffic
# drift: { repairs: 5, within: 60 }  # how often in so many seconds foreign changes are put right before it is reported
# portal-probe: http://portal-check.example/generate_204    # asked to know a login page before the network

# Groups of applications; each asks for a lane of its own. Bandwidth in kbit/s; priority H, M or L.
groups:
  - id: 1
    name: calls
    upld: { bandwidth: 2000, priority: H }
    dnld: { bandwidth: 4000, priority: H }
    applications: [ calls ]    # labels for the provider, never paths or processes seen on this host
    when-down: host            # block: while there is no lane, these applications reach nothing
  - id: 2
    name: bulk
    upld: { bandwidth: 5000, priority: L }
    dnld: { bandwidth: 8000, priority: L }
`;

const headendText = ({ address, port, hostKeys }: ConfiguredHeadend) => `  - address: ${JSON.stringify(address)}
    port: ${port}
    # Fingerprints of the headend's SSH keys. None: the first key seen is kept in known-host-keys and must stay.
    host-keys: [${hostKeys.length === 0 ? '' : ` ${hostKeys.map((key) => `"${key}"`).join(', ')} `}]
    key: id_ed25519            # this host's private key, beside this file
`;
