// Generated from yang/modules by "npm run generate"; not to be edited.
import type { SchemaTable } from '../src/encoder/schema-table.ts';

export const SCHEMA_TABLE: SchemaTable = {
  modules: [
    ['ietf-subscriber-service-message', 'urn:ietf:params:xml:ns:yang:ietf-subscriber-service-message', 'ssm'],
    ['ietf-portal-backend-message', 'urn:ietf:params:xml:ns:yang:ietf-portal-backend-message', 'pbm'],
    ['sublane-service', 'urn:sublane:params:xml:ns:yang:sublane-service', 'sl'],
    ['sublane-headend', 'urn:sublane:params:xml:ns:yang:sublane-headend', 'slh'],
    ['iana-if-type', 'urn:ietf:params:xml:ns:yang:iana-if-type', 'ianaift'],
  ],
  identities: [
    [[4, ['iana-interface-type', 'other', 'regular1822', 'hdh1822', 'ddnX25', 'rfc877x25', 'ethernetCsmacd', 'iso88023Csmacd', 'iso88024TokenBus', 'iso88025TokenRing', 'iso88026Man', 'starLan', 'proteon10Mbit', 'proteon80Mbit', 'hyperchannel', 'fddi', 'lapb', 'sdlc', 'ds1', 'e1', 'basicISDN', 'primaryISDN', 'propPointToPointSerial', 'ppp', 'softwareLoopback', 'eon', 'ethernet3Mbit', 'nsip', 'slip', 'ultra', 'ds3', 'sip', 'frameRelay', 'rs232', 'para', 'arcnet', 'arcnetPlus', 'atm', 'miox25', 'sonet', 'x25ple', 'iso88022llc', 'localTalk', 'smdsDxi', 'frameRelayService', 'v35', 'hssi', 'hippi', 'modem', 'aal5', 'sonetPath', 'sonetVT', 'smdsIcip', 'propVirtual', 'propMultiplexor', 'ieee80212', 'fibreChannel', 'hippiInterface', 'frameRelayInterconnect', 'aflane8023', 'aflane8025', 'cctEmul', 'fastEther', 'isdn', 'v11', 'v36', 'g703at64k', 'g703at2mb', 'qllc', 'fastEtherFX', 'channel', 'ieee80211', 'ibm370parChan', 'escon', 'dlsw', 'isdns', 'isdnu', 'lapd', 'ipSwitch', 'rsrb', 'atmLogical', 'ds0', 'ds0Bundle', 'bsc', 'async', 'cnr', 'iso88025Dtr', 'eplrs', 'arap', 'propCnls', 'hostPad', 'termPad', 'frameRelayMPI', 'x213', 'adsl', 'radsl', 'sdsl', 'vdsl', 'iso88025CRFPInt', 'myrinet', 'voiceEM', 'voiceFXO', 'voiceFXS', 'voiceEncap', 'voiceOverIp', 'atmDxi', 'atmFuni', 'atmIma', 'pppMultilinkBundle', 'ipOverCdlc', 'ipOverClaw', 'stackToStack', 'virtualIpAddress', 'mpc', 'ipOverAtm', 'iso88025Fiber', 'tdlc', 'gigabitEthernet', 'hdlc', 'lapf', 'v37', 'x25mlp', 'x25huntGroup', 'transpHdlc', 'interleave', 'fast', 'ip', 'docsCableMaclayer', 'docsCableDownstream', 'docsCableUpstream', 'a12MppSwitch', 'tunnel', 'coffee', 'ces', 'atmSubInterface', 'l2vlan', 'l3ipvlan', 'l3ipxvlan', 'digitalPowerline', 'mediaMailOverIp', 'dtm', 'dcn', 'ipForward', 'msdsl', 'ieee1394', 'if-gsn', 'dvbRccMacLayer', 'dvbRccDownstream', 'dvbRccUpstream', 'atmVirtual', 'mplsTunnel', 'srp', 'voiceOverAtm', 'voiceOverFrameRelay', 'idsl', 'compositeLink', 'ss7SigLink', 'propWirelessP2P', 'frForward', 'rfc1483', 'usb', 'ieee8023adLag', 'bgppolicyaccounting', 'frf16MfrBundle', 'h323Gatekeeper', 'h323Proxy', 'mpls', 'mfSigLink', 'hdsl2', 'shdsl', 'ds1FDL', 'pos', 'dvbAsiIn', 'dvbAsiOut', 'plc', 'nfas', 'tr008', 'gr303RDT', 'gr303IDT', 'isup', 'propDocsWirelessMaclayer', 'propDocsWirelessDownstream', 'propDocsWirelessUpstream', 'hiperlan2', 'propBWAp2Mp', 'sonetOverheadChannel', 'digitalWrapperOverheadChannel', 'aal2', 'radioMAC', 'atmRadio', 'imt', 'mvl', 'reachDSL', 'frDlciEndPt', 'atmVciEndPt', 'opticalChannel', 'opticalTransport', 'propAtm', 'voiceOverCable', 'infiniband', 'teLink', 'q2931', 'virtualTg', 'sipTg', 'sipSig', 'docsCableUpstreamChannel', 'econet', 'pon155', 'pon622', 'bridge', 'linegroup', 'voiceEMFGD', 'voiceFGDEANA', 'voiceDID', 'mpegTransport', 'sixToFour', 'gtp', 'pdnEtherLoop1', 'pdnEtherLoop2', 'opticalChannelGroup', 'homepna', 'gfp', 'ciscoISLvlan', 'actelisMetaLOOP', 'fcipLink', 'rpr', 'qam', 'lmp', 'cblVectaStar', 'docsCableMCmtsDownstream', 'adsl2', 'macSecControlledIF', 'macSecUncontrolledIF', 'aviciOpticalEther', 'atmbond', 'voiceFGDOS', 'mocaVersion1', 'ieee80216WMAN', 'adsl2plus', 'dvbRcsMacLayer', 'dvbTdm', 'dvbRcsTdma', 'x86Laps', 'wwanPP', 'wwanPP2', 'voiceEBS', 'ifPwType', 'ilan', 'pip', 'aluELP', 'gpon', 'vdsl2', 'capwapDot11Profile', 'capwapDot11Bss', 'capwapWtpVirtualRadio', 'bits', 'docsCableUpstreamRfPort', 'cableDownstreamRfPort', 'vmwareVirtualNic', 'ieee802154', 'otnOdu', 'otnOtu', 'ifVfiType', 'g9981', 'g9982', 'g9983', 'aluEpon', 'aluEponOnu', 'aluEponPhysicalUni', 'aluEponLogicalLink', 'aluGponOnu', 'aluGponPhysicalUni', 'vmwareNicTeam']]],
  ],
  rpcs: {
    'ietf-subscriber-service-message:subscriber-service-message': {
      input: [
        ['leaf', 'host-id', 0, 'string'],
        ['leaf', 'user-name', 0, 'string'],
        ['leaf', 'user-password', 0, 'string'],
        ['leaf', 'location', 0, 'string'],
        ['list', 'application-group', 0, [
          ['leaf', 'id', 0, 'integer'],
          ['leaf', 'direction', 0, ['enumeration', 'upld', 'dnld']],
          ['leaf', 'bandwidth', 0, 'integer'],
          ['leaf', 'priority', 0, ['enumeration', 'H', 'M', 'L']],
          ['leaf', 'security', 0, 'string'],
          ['leaf-list', 'application-list', 0, 'string'],
        ], ['id', 'direction']],
        ['leaf', 'wireguard-public-key', 2, 'string'],
        ['leaf-list', 'host-address', 2, 'string'],
      ],
      output: [
        ['container', 'sp-service-message', 1, [
          ['leaf', 'host-id', 1, 'string'],
          ['list', 'application-group', 1, [
            ['leaf', 'id', 1, 'integer'],
            ['container', 'access-interface-cfg', 1, [
              ['leaf', 'interface', 1, 'string'],
              ['leaf', 'type', 1, ['identityref', 0]],
              ['leaf', 'mtu', 1, 'integer'],
              ['leaf', 'vlan-id', 1, 'integer'],
              ['container', 'tunnel', 1, [
                ['leaf', 'encapsulation', 1, ['enumeration', 'gre', 'ipip', 'vxlan', 'wireguard']],
                ['leaf', 'remote-address', 1, 'string'],
                ['leaf', 'remote-port', 1, 'integer'],
                ['leaf', 'key', 1, 'integer'],
                ['leaf', 'public-key', 1, 'string'],
              ]],
              ['container', 'ipv4', 1, [
                ['list', 'address', 1, [
                  ['leaf', 'ip', 1, 'string'],
                  ['leaf', 'prefix-length', 1, 'integer'],
                  ['leaf', 'deprecated', 1, 'empty'],
                ], ['ip']],
              ]],
              ['container', 'ipv6', 1, [
                ['list', 'address', 1, [
                  ['leaf', 'ip', 1, 'string'],
                  ['leaf', 'prefix-length', 1, 'integer'],
                  ['leaf', 'deprecated', 1, 'empty'],
                ], ['ip']],
                ['leaf-list', 'delegated-prefix', 1, 'string'],
              ]],
              ['leaf-list', 'dns-server', 1, 'string'],
              ['leaf-list', 'check-address', 1, 'string'],
            ]],
            ['container', 'routing-cfg', 1, [
              ['list', 'ipv4-route', 1, [
                ['leaf', 'destination-prefix', 1, 'string'],
                ['leaf', 'next-hop-address', 1, 'string'],
              ], ['destination-prefix']],
              ['list', 'ipv6-route', 1, [
                ['leaf', 'destination-prefix', 1, 'string'],
                ['leaf', 'next-hop-address', 1, 'string'],
              ], ['destination-prefix']],
              ['leaf', 'unmatched', 1, ['enumeration', 'host', 'unreachable']],
            ]],
            ['container', 'qos-cfg', 1, [
              ['leaf', 'dscp', 1, 'integer'],
              ['container', 'upld', 1, [
                ['leaf', 'rate', 1, 'integer'],
                ['leaf', 'burst', 1, 'integer'],
                ['leaf', 'priority', 1, ['enumeration', 'H', 'M', 'L']],
              ]],
              ['container', 'dnld', 1, [
                ['leaf', 'rate', 1, 'integer'],
                ['leaf', 'burst', 1, 'integer'],
                ['leaf', 'priority', 1, ['enumeration', 'H', 'M', 'L']],
              ]],
            ]],
            ['container', 'security-cfg', 1, [
              ['leaf', 'profile', 1, 'string'],
              ['leaf', 'isolated', 1, 'boolean'],
              ['leaf', 'when-down', 1, ['enumeration', 'block', 'host']],
              ['list', 'permit', 1, [
                ['leaf', 'name', 1, 'string'],
                ['leaf', 'destination', 1, 'string'],
                ['leaf', 'protocol', 1, 'integer'],
                ['leaf', 'lower-port', 1, 'integer'],
                ['leaf', 'upper-port', 1, 'integer'],
              ], ['name']],
            ]],
            ['leaf-list', 'application-list', 1, 'string'],
            ['container', 'lease', 1, [
              ['leaf', 'id', 1, 'string'],
              ['leaf', 'valid-lifetime', 1, 'integer'],
              ['leaf', 'renew-after', 1, 'integer'],
            ]],
          ], ['id']],
        ]],
      ],
    },
    'sublane-service:enrol-host': {
      input: [
        ['leaf', 'host-id', 2, 'string'],
        ['leaf', 'public-key', 2, 'string'],
      ],
    },
    'sublane-service:get-available-services': {
      input: [
        ['leaf', 'host-id', 2, 'string'],
        ['leaf', 'wireguard-public-key', 2, 'string'],
        ['leaf-list', 'host-address', 2, 'string'],
      ],
      output: [
        ['leaf', 'groups-max', 2, 'integer'],
        ['leaf', 'location', 2, 'string'],
        ['list', 'service-class', 2, [
          ['leaf', 'name', 2, 'string'],
          ['leaf', 'scope', 2, ['enumeration', 'internal', 'external']],
          ['leaf', 'priority', 2, ['enumeration', 'H', 'M', 'L']],
          ['leaf-list', 'direction', 2, ['enumeration', 'upld', 'dnld']],
          ['leaf', 'unavailable', 2, 'string'],
          ['leaf', 'upld-ceiling', 2, 'integer'],
          ['leaf', 'dnld-ceiling', 2, 'integer'],
        ], ['name']],
        ['leaf-list', 'security-profile', 2, 'string'],
        ['container', 'quota', 2, [
          ['leaf', 'octets', 2, 'long'],
          ['leaf', 'used', 2, 'long'],
          ['leaf', 'begins-anew', 2, 'string'],
        ]],
      ],
    },
    'sublane-service:get-service': {
      input: [
        ['leaf', 'host-id', 2, 'string'],
        ['leaf-list', 'group-id', 2, 'integer'],
      ],
      output: [
        ['container', 'sp-service-message', 2, [
          ['leaf', 'host-id', 2, 'string'],
          ['list', 'application-group', 2, [
            ['leaf', 'id', 2, 'integer'],
            ['container', 'access-interface-cfg', 2, [
              ['leaf', 'interface', 2, 'string'],
              ['leaf', 'type', 2, ['identityref', 0]],
              ['leaf', 'mtu', 2, 'integer'],
              ['leaf', 'vlan-id', 2, 'integer'],
              ['container', 'tunnel', 2, [
                ['leaf', 'encapsulation', 2, ['enumeration', 'gre', 'ipip', 'vxlan', 'wireguard']],
                ['leaf', 'remote-address', 2, 'string'],
                ['leaf', 'remote-port', 2, 'integer'],
                ['leaf', 'key', 2, 'integer'],
                ['leaf', 'public-key', 2, 'string'],
              ]],
              ['container', 'ipv4', 2, [
                ['list', 'address', 2, [
                  ['leaf', 'ip', 2, 'string'],
                  ['leaf', 'prefix-length', 2, 'integer'],
                  ['leaf', 'deprecated', 2, 'empty'],
                ], ['ip']],
              ]],
              ['container', 'ipv6', 2, [
                ['list', 'address', 2, [
                  ['leaf', 'ip', 2, 'string'],
                  ['leaf', 'prefix-length', 2, 'integer'],
                  ['leaf', 'deprecated', 2, 'empty'],
                ], ['ip']],
                ['leaf-list', 'delegated-prefix', 2, 'string'],
              ]],
              ['leaf-list', 'dns-server', 2, 'string'],
              ['leaf-list', 'check-address', 2, 'string'],
            ]],
            ['container', 'routing-cfg', 2, [
              ['list', 'ipv4-route', 2, [
                ['leaf', 'destination-prefix', 2, 'string'],
                ['leaf', 'next-hop-address', 2, 'string'],
              ], ['destination-prefix']],
              ['list', 'ipv6-route', 2, [
                ['leaf', 'destination-prefix', 2, 'string'],
                ['leaf', 'next-hop-address', 2, 'string'],
              ], ['destination-prefix']],
              ['leaf', 'unmatched', 2, ['enumeration', 'host', 'unreachable']],
            ]],
            ['container', 'qos-cfg', 2, [
              ['leaf', 'dscp', 2, 'integer'],
              ['container', 'upld', 2, [
                ['leaf', 'rate', 2, 'integer'],
                ['leaf', 'burst', 2, 'integer'],
                ['leaf', 'priority', 2, ['enumeration', 'H', 'M', 'L']],
              ]],
              ['container', 'dnld', 2, [
                ['leaf', 'rate', 2, 'integer'],
                ['leaf', 'burst', 2, 'integer'],
                ['leaf', 'priority', 2, ['enumeration', 'H', 'M', 'L']],
              ]],
            ]],
            ['container', 'security-cfg', 2, [
              ['leaf', 'profile', 2, 'string'],
              ['leaf', 'isolated', 2, 'boolean'],
              ['leaf', 'when-down', 2, ['enumeration', 'block', 'host']],
              ['list', 'permit', 2, [
                ['leaf', 'name', 2, 'string'],
                ['leaf', 'destination', 2, 'string'],
                ['leaf', 'protocol', 2, 'integer'],
                ['leaf', 'lower-port', 2, 'integer'],
                ['leaf', 'upper-port', 2, 'integer'],
              ], ['name']],
            ]],
            ['leaf-list', 'application-list', 2, 'string'],
            ['container', 'lease', 2, [
              ['leaf', 'id', 2, 'string'],
              ['leaf', 'valid-lifetime', 2, 'integer'],
              ['leaf', 'renew-after', 2, 'integer'],
            ]],
          ], ['id']],
        ]],
        ['list', 'pending', 2, [
          ['leaf', 'modification-id', 2, 'string'],
          ['leaf', 'reason', 2, 'string'],
          ['leaf', 'confirm-within', 2, 'integer'],
          ['leaf', 'grace', 2, 'integer'],
          ['container', 'sp-service-message', 2, [
            ['leaf', 'host-id', 2, 'string'],
            ['list', 'application-group', 2, [
              ['leaf', 'id', 2, 'integer'],
              ['container', 'access-interface-cfg', 2, [
                ['leaf', 'interface', 2, 'string'],
                ['leaf', 'type', 2, ['identityref', 0]],
                ['leaf', 'mtu', 2, 'integer'],
                ['leaf', 'vlan-id', 2, 'integer'],
                ['container', 'tunnel', 2, [
                  ['leaf', 'encapsulation', 2, ['enumeration', 'gre', 'ipip', 'vxlan', 'wireguard']],
                  ['leaf', 'remote-address', 2, 'string'],
                  ['leaf', 'remote-port', 2, 'integer'],
                  ['leaf', 'key', 2, 'integer'],
                  ['leaf', 'public-key', 2, 'string'],
                ]],
                ['container', 'ipv4', 2, [
                  ['list', 'address', 2, [
                    ['leaf', 'ip', 2, 'string'],
                    ['leaf', 'prefix-length', 2, 'integer'],
                    ['leaf', 'deprecated', 2, 'empty'],
                  ], ['ip']],
                ]],
                ['container', 'ipv6', 2, [
                  ['list', 'address', 2, [
                    ['leaf', 'ip', 2, 'string'],
                    ['leaf', 'prefix-length', 2, 'integer'],
                    ['leaf', 'deprecated', 2, 'empty'],
                  ], ['ip']],
                  ['leaf-list', 'delegated-prefix', 2, 'string'],
                ]],
                ['leaf-list', 'dns-server', 2, 'string'],
                ['leaf-list', 'check-address', 2, 'string'],
              ]],
              ['container', 'routing-cfg', 2, [
                ['list', 'ipv4-route', 2, [
                  ['leaf', 'destination-prefix', 2, 'string'],
                  ['leaf', 'next-hop-address', 2, 'string'],
                ], ['destination-prefix']],
                ['list', 'ipv6-route', 2, [
                  ['leaf', 'destination-prefix', 2, 'string'],
                  ['leaf', 'next-hop-address', 2, 'string'],
                ], ['destination-prefix']],
                ['leaf', 'unmatched', 2, ['enumeration', 'host', 'unreachable']],
              ]],
              ['container', 'qos-cfg', 2, [
                ['leaf', 'dscp', 2, 'integer'],
                ['container', 'upld', 2, [
                  ['leaf', 'rate', 2, 'integer'],
                  ['leaf', 'burst', 2, 'integer'],
                  ['leaf', 'priority', 2, ['enumeration', 'H', 'M', 'L']],
                ]],
                ['container', 'dnld', 2, [
                  ['leaf', 'rate', 2, 'integer'],
                  ['leaf', 'burst', 2, 'integer'],
                  ['leaf', 'priority', 2, ['enumeration', 'H', 'M', 'L']],
                ]],
              ]],
              ['container', 'security-cfg', 2, [
                ['leaf', 'profile', 2, 'string'],
                ['leaf', 'isolated', 2, 'boolean'],
                ['leaf', 'when-down', 2, ['enumeration', 'block', 'host']],
                ['list', 'permit', 2, [
                  ['leaf', 'name', 2, 'string'],
                  ['leaf', 'destination', 2, 'string'],
                  ['leaf', 'protocol', 2, 'integer'],
                  ['leaf', 'lower-port', 2, 'integer'],
                  ['leaf', 'upper-port', 2, 'integer'],
                ], ['name']],
              ]],
              ['leaf-list', 'application-list', 2, 'string'],
              ['container', 'lease', 2, [
                ['leaf', 'id', 2, 'string'],
                ['leaf', 'valid-lifetime', 2, 'integer'],
                ['leaf', 'renew-after', 2, 'integer'],
              ]],
            ], ['id']],
          ]],
        ], ['modification-id']],
        ['list', 'concluded', 2, [
          ['leaf', 'modification-id', 2, 'string'],
          ['leaf', 'outcome', 2, ['enumeration', 'committed', 'aborted']],
        ], ['modification-id']],
      ],
    },
    'sublane-service:renew-service': {
      input: [
        ['leaf', 'host-id', 2, 'string'],
        ['leaf-list', 'group-id', 2, 'integer'],
      ],
      output: [
        ['list', 'application-group', 2, [
          ['leaf', 'id', 2, 'integer'],
          ['leaf', 'lease-id', 2, 'string'],
          ['leaf', 'valid-lifetime', 2, 'integer'],
          ['leaf', 'renew-after', 2, 'integer'],
        ], ['id']],
      ],
    },
    'sublane-service:release-service': {
      input: [
        ['leaf', 'host-id', 2, 'string'],
        ['leaf-list', 'group-id', 2, 'integer'],
      ],
    },
    'sublane-service:report-service': {
      input: [
        ['leaf', 'host-id', 2, 'string'],
        ['list', 'application-group', 2, [
          ['leaf', 'id', 2, 'integer'],
          ['leaf', 'state', 2, ['enumeration', 'applied', 'failed', 'address-conflict']],
          ['leaf', 'reason', 2, 'string'],
          ['leaf-list', 'conflict-address', 2, 'string'],
          ['leaf', 'in-octets', 2, 'long'],
          ['leaf', 'out-octets', 2, 'long'],
        ], ['id']],
      ],
    },
    'sublane-service:confirm-modification': {
      input: [
        ['leaf', 'host-id', 2, 'string'],
        ['leaf', 'modification-id', 2, 'string'],
        ['leaf', 'answer', 2, ['enumeration', 'applied', 'refused', 'failed']],
        ['leaf', 'reason', 2, 'string'],
      ],
      output: [
        ['leaf', 'outcome', 2, ['enumeration', 'committed', 'aborted']],
      ],
    },
    'sublane-headend:get-status': {
      output: [
        ['leaf', 'version', 3, 'string'],
        ['leaf', 'started', 3, 'string'],
        ['leaf-list', 'listening-on', 3, 'string'],
        ['list', 'call-home', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'state', 3, ['enumeration', 'dialling', 'greeting', 'connected', 'waiting', 'resting']],
          ['leaf', 'address', 3, 'string'],
          ['leaf', 'reason', 3, 'string'],
        ], ['name']],
        ['container', 'sessions', 3, [
          ['leaf', 'hosts', 3, 'integer'],
          ['leaf', 'operators', 3, 'integer'],
        ]],
        ['list', 'leases', 3, [
          ['leaf', 'state', 3, ['enumeration', 'pending', 'active']],
          ['leaf', 'count', 3, 'long'],
        ], ['state']],
        ['list', 'pool', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'capacity', 3, 'long'],
          ['leaf', 'held', 3, 'long'],
          ['leaf', 'quarantined', 3, 'long'],
          ['leaf', 'resting', 3, 'long'],
          ['leaf', 'reserved', 3, 'long'],
          ['leaf', 'empty-at', 3, 'string'],
        ], ['name']],
        ['list', 'requests', 3, [
          ['leaf', 'outcome', 3, 'string'],
          ['leaf', 'count', 3, 'long'],
        ], ['outcome']],
        ['container', 'store', 3, [
          ['leaf', 'backend', 3, ['enumeration', 'sqlite', 'postgresql']],
          ['leaf', 'location', 3, 'string'],
          ['leaf', 'schema-version', 3, 'string'],
          ['leaf', 'trouble', 3, 'string'],
        ]],
        ['list', 'authority-server', 3, [
          ['leaf', 'authority', 3, 'string'],
          ['leaf', 'server', 3, 'string'],
          ['leaf', 'state', 3, ['enumeration', 'unknown', 'alive', 'dead']],
          ['leaf', 'requests', 3, 'long'],
          ['leaf', 'timeouts', 3, 'long'],
          ['leaf', 'rejected-replies', 3, 'long'],
        ], ['authority', 'server']],
        ['leaf', 'accounting-waiting', 3, 'long'],
        ['leaf', 'edge-waiting', 3, 'long'],
        ['container', 'policy-hook', 3, [
          ['leaf', 'state', 3, ['enumeration', 'unknown', 'answering', 'away']],
          ['leaf', 'trouble', 3, 'string'],
          ['leaf', 'asked', 3, 'long'],
          ['leaf', 'refused', 3, 'long'],
          ['leaf', 'lowered', 3, 'long'],
          ['leaf', 'unanswered', 3, 'long'],
        ]],
      ],
    },
    'sublane-headend:list-locations': {
      input: [
        ['leaf', 'location', 3, 'string'],
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'location', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'parent', 3, 'string'],
          ['leaf-list', 'access-prefix', 3, 'string'],
          ['leaf', 'upld-capacity', 3, 'integer'],
          ['leaf', 'dnld-capacity', 3, 'integer'],
          ['leaf', 'upld-guaranteed', 3, 'long'],
          ['leaf', 'dnld-guaranteed', 3, 'long'],
        ], ['name']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:list-pools': {
      input: [
        ['leaf', 'pool', 3, 'string'],
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'pool', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'class', 3, 'string'],
          ['leaf', 'location', 3, 'string'],
          ['leaf-list', 'prefix', 3, 'string'],
          ['leaf', 'attachment', 3, ['enumeration', 'on-link', 'routed', 'vlan', 'tunnel']],
          ['leaf', 'encapsulation', 3, ['enumeration', 'gre', 'ipip', 'vxlan', 'wireguard']],
          ['leaf', 'admin-state', 3, ['enumeration', 'open', 'draining', 'moving']],
          ['leaf', 'successor', 3, 'string'],
          ['leaf', 'delegated-length', 3, 'integer'],
          ['leaf', 'reservations', 3, 'integer'],
          ['leaf', 'capacity', 3, 'long'],
          ['leaf', 'held', 3, 'long'],
          ['leaf', 'quarantined', 3, 'long'],
          ['leaf', 'resting', 3, 'long'],
          ['leaf', 'reserved', 3, 'long'],
          ['leaf', 'empty-at', 3, 'string'],
        ], ['name']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:add-subscriber': {
      input: [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'plan', 3, 'string'],
        ['leaf', 'password', 3, 'string'],
        ['leaf', 'password-hash', 3, 'string'],
      ],
    },
    'sublane-headend:set-subscriber': {
      input: [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'plan', 3, 'string'],
        ['leaf', 'password', 3, 'string'],
        ['leaf', 'password-hash', 3, 'string'],
        ['leaf', 'suspended', 3, 'boolean'],
        ['leaf', 'reset-quota', 3, 'empty'],
      ],
    },
    'sublane-headend:remove-subscriber': {
      input: [
        ['leaf', 'name', 3, 'string'],
      ],
    },
    'sublane-headend:list-subscribers': {
      input: [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'subscriber', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'plan', 3, 'string'],
          ['leaf', 'suspended', 3, 'boolean'],
          ['leaf', 'has-password', 3, 'boolean'],
          ['container', 'quota', 3, [
            ['leaf', 'octets', 3, 'long'],
            ['leaf', 'used', 3, 'long'],
            ['leaf', 'begins-anew', 3, 'string'],
          ]],
          ['leaf', 'created', 3, 'string'],
        ], ['name']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:add-host': {
      input: [
        ['leaf', 'host-id', 3, 'string'],
        ['leaf', 'subscriber', 3, 'string'],
        ['leaf', 'public-key', 3, 'string'],
      ],
      output: [
        ['leaf', 'key-fingerprint', 3, 'string'],
      ],
    },
    'sublane-headend:invite-host': {
      input: [
        ['leaf', 'subscriber', 3, 'string'],
        ['leaf', 'host-id', 3, 'string'],
        ['leaf', 'valid-for', 3, 'integer'],
        ['leaf-list', 'address', 3, 'string'],
      ],
      output: [
        ['leaf', 'invitation-id', 3, 'long'],
        ['leaf', 'token', 3, 'string'],
        ['leaf', 'expires', 3, 'string'],
      ],
    },
    'sublane-headend:list-invitations': {
      input: [
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'invitation', 3, [
          ['leaf', 'invitation-id', 3, 'long'],
          ['leaf', 'subscriber', 3, 'string'],
          ['leaf', 'host-id', 3, 'string'],
          ['leaf', 'created', 3, 'string'],
          ['leaf', 'expires', 3, 'string'],
        ], ['invitation-id']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:remove-invitation': {
      input: [
        ['leaf', 'invitation-id', 3, 'long'],
      ],
    },
    'sublane-headend:revoke-host': {
      input: [
        ['leaf', 'host-id', 3, 'string'],
      ],
    },
    'sublane-headend:list-hosts': {
      input: [
        ['leaf', 'host-id', 3, 'string'],
        ['leaf', 'subscriber', 3, 'string'],
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'host', 3, [
          ['leaf', 'host-id', 3, 'string'],
          ['leaf', 'subscriber', 3, 'string'],
          ['leaf', 'key-fingerprint', 3, 'string'],
          ['leaf', 'enrolled', 3, 'string'],
          ['leaf', 'connected', 3, 'boolean'],
          ['leaf', 'behind-nat', 3, 'boolean'],
          ['leaf', 'last-seen', 3, 'string'],
          ['leaf', 'revoked', 3, 'string'],
        ], ['host-id']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:add-operator': {
      input: [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'role', 3, ['enumeration', 'operator', 'auditor', 'administrator']],
        ['leaf', 'public-key', 3, 'string'],
      ],
      output: [
        ['leaf', 'key-fingerprint', 3, 'string'],
      ],
    },
    'sublane-headend:remove-operator': {
      input: [
        ['leaf', 'name', 3, 'string'],
      ],
    },
    'sublane-headend:list-operators': {
      input: [
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'operator', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'role', 3, ['enumeration', 'operator', 'auditor', 'administrator']],
          ['leaf', 'key-fingerprint', 3, 'string'],
          ['leaf', 'created', 3, 'string'],
        ], ['name']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:list-leases': {
      input: [
        ['leaf', 'host-id', 3, 'string'],
        ['leaf', 'subscriber', 3, 'string'],
        ['leaf', 'pool', 3, 'string'],
        ['leaf', 'lease-id', 3, 'string'],
        ['leaf', 'address', 3, 'string'],
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'lease', 3, [
          ['leaf', 'id', 3, 'string'],
          ['leaf', 'host-id', 3, 'string'],
          ['leaf', 'group-id', 3, 'integer'],
          ['leaf', 'subscriber', 3, 'string'],
          ['leaf', 'authority', 3, 'string'],
          ['leaf', 'plan', 3, 'string'],
          ['leaf', 'class', 3, 'string'],
          ['leaf', 'rule', 3, 'string'],
          ['leaf', 'pool', 3, 'string'],
          ['leaf', 'ipv4', 3, 'string'],
          ['leaf', 'ipv6', 3, 'string'],
          ['leaf', 'delegated-prefix', 3, 'string'],
          ['leaf', 'state', 3, ['enumeration', 'pending', 'active']],
          ['leaf', 'recalled', 3, 'empty'],
          ['leaf', 'dscp', 3, 'integer'],
          ['leaf', 'priority', 3, ['enumeration', 'H', 'M', 'L']],
          ['container', 'upld', 3, [
            ['leaf', 'rate', 3, 'integer'],
            ['leaf', 'burst', 3, 'integer'],
          ]],
          ['container', 'dnld', 3, [
            ['leaf', 'rate', 3, 'integer'],
            ['leaf', 'burst', 3, 'integer'],
          ]],
          ['leaf', 'security', 3, 'string'],
          ['leaf-list', 'application', 3, 'string'],
          ['leaf', 'location', 3, 'string'],
          ['leaf', 'attachment-address', 3, 'string'],
          ['leaf', 'wireguard-public-key', 3, 'string'],
          ['leaf', 'granted', 3, 'string'],
          ['leaf', 'valid-until', 3, 'string'],
          ['container', 'report', 3, [
            ['leaf', 'state', 3, ['enumeration', 'applied', 'failed', 'address-conflict']],
            ['leaf', 'time', 3, 'string'],
            ['leaf', 'reason', 3, 'string'],
            ['leaf-list', 'conflict-address', 3, 'string'],
            ['leaf', 'in-octets', 3, 'long'],
            ['leaf', 'out-octets', 3, 'long'],
          ]],
        ], ['id']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:release-lease': {
      input: [
        ['leaf', 'lease-id', 3, 'string'],
      ],
    },
    'sublane-headend:list-commits': {
      input: [
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'commit', 3, [
          ['leaf', 'version', 3, 'integer'],
          ['leaf', 'committed-at', 3, 'string'],
          ['leaf', 'committed-by', 3, 'string'],
          ['leaf', 'purpose', 3, ['enumeration', 'edit', 'confirmed', 'revert']],
          ['leaf', 'waits', 3, 'empty'],
        ], ['version']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:get-commit': {
      input: [
        ['leaf', 'version', 3, 'integer'],
      ],
      output: [
        ['leaf', 'version', 3, 'integer'],
        ['leaf', 'committed-at', 3, 'string'],
        ['leaf', 'committed-by', 3, 'string'],
        ['leaf', 'purpose', 3, ['enumeration', 'edit', 'confirmed', 'revert']],
        ['leaf', 'waits', 3, 'empty'],
        ['leaf', 'content', 3, 'string'],
        ['leaf', 'partial', 3, 'empty'],
      ],
    },
    'sublane-headend:compare-configurations': {
      input: [
        ['leaf', 'from', 3, 'union'],
        ['leaf', 'to', 3, 'union'],
      ],
      output: [
        ['list', 'change', 3, [
          ['leaf', 'operation', 3, ['enumeration', 'create', 'update', 'delete']],
          ['leaf', 'path', 3, 'string'],
          ['leaf', 'was', 3, 'string'],
          ['leaf', 'is', 3, 'string'],
        ], []],
      ],
    },
    'sublane-headend:explain-access': {
      input: [
        ['leaf', 'user', 3, 'string'],
        ['leaf-list', 'group', 3, 'string'],
        ['leaf', 'rpc', 3, 'string'],
        ['leaf', 'notification', 3, 'string'],
        ['leaf', 'path', 3, 'string'],
        ['leaf', 'operation', 3, ['enumeration', 'read', 'create', 'update', 'delete']],
      ],
      output: [
        ['leaf', 'permitted', 3, 'boolean'],
        ['leaf', 'user', 3, 'string'],
        ['leaf-list', 'group', 3, 'string'],
        ['leaf', 'fixed', 3, 'empty'],
        ['leaf', 'decided-at', 3, 'string'],
        ['container', 'decided-by', 3, [
          ['leaf', 'rule-list', 3, 'string'],
          ['leaf', 'rule', 3, 'string'],
          ['leaf', 'default', 3, 'string'],
          ['leaf', 'standing', 3, 'string'],
        ]],
        ['list', 'step', 3, [
          ['leaf', 'number', 3, 'integer'],
          ['leaf', 'rule-list', 3, 'string'],
          ['leaf', 'rule', 3, 'string'],
          ['leaf', 'outcome', 3, ['enumeration', 'passed-over', 'permit', 'deny']],
          ['leaf', 'because', 3, 'string'],
          ['leaf', 'comment', 3, 'string'],
        ], ['number']],
      ],
    },
    'sublane-headend:list-quarantine': {
      input: [
        ['leaf', 'address', 3, 'string'],
        ['leaf', 'host-id', 3, 'string'],
        ['leaf', 'pool', 3, 'string'],
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'quarantine', 3, [
          ['leaf', 'id', 3, 'long'],
          ['leaf', 'pool', 3, 'string'],
          ['leaf', 'ipv4', 3, 'string'],
          ['leaf', 'ipv6', 3, 'string'],
          ['leaf-list', 'conflict-address', 3, 'string'],
          ['leaf', 'host-id', 3, 'string'],
          ['leaf', 'group-id', 3, 'integer'],
          ['leaf', 'lease-id', 3, 'string'],
          ['leaf', 'reason', 3, 'string'],
          ['leaf', 'since', 3, 'string'],
          ['leaf', 'until', 3, 'string'],
        ], ['id']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:release-quarantine': {
      input: [
        ['leaf', 'address', 3, 'string'],
      ],
    },
    'sublane-headend:list-sessions': {
      input: [
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'session', 3, [
          ['leaf', 'session-id', 3, 'integer'],
          ['leaf', 'user', 3, 'string'],
          ['leaf', 'role', 3, ['enumeration', 'host', 'enrol', 'operator', 'auditor', 'administrator']],
          ['leaf', 'transport', 3, ['enumeration', 'ssh', 'tls', 'unix', 'other']],
          ['leaf', 'peer-address', 3, 'string'],
          ['leaf', 'peer-port', 3, 'integer'],
          ['leaf', 'started', 3, 'string'],
        ], ['session-id']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:list-audit': {
      input: [
        ['leaf', 'host-id', 3, 'string'],
        ['leaf', 'subscriber', 3, 'string'],
        ['leaf', 'since', 3, 'string'],
        ['leaf', 'limit', 3, 'integer'],
        ['leaf', 'cursor', 3, 'string'],
      ],
      output: [
        ['list', 'entry', 3, [
          ['leaf', 'id', 3, 'long'],
          ['leaf', 'time', 3, 'string'],
          ['leaf', 'event', 3, 'string'],
          ['leaf', 'subject', 3, 'string'],
          ['leaf', 'host-id', 3, 'string'],
          ['leaf', 'group-id', 3, 'integer'],
          ['leaf', 'rule', 3, 'string'],
          ['leaf', 'code', 3, 'string'],
          ['leaf', 'outcome', 3, ['enumeration', 'done', 'refused']],
          ['list', 'detail', 3, [
            ['leaf', 'name', 3, 'string'],
            ['leaf-list', 'value', 3, 'string'],
          ], ['name']],
          ['leaf', 'hash', 3, 'string'],
        ], ['id']],
        ['leaf', 'next-cursor', 3, 'string'],
      ],
    },
    'sublane-headend:test-policy-hook': {
      input: [
        ['leaf', 'host-id', 3, 'string'],
        ['leaf', 'plan', 3, 'string'],
        ['container', 'upld', 3, [
          ['leaf', 'bandwidth', 3, 'integer'],
          ['leaf', 'priority', 3, ['enumeration', 'H', 'M', 'L']],
        ]],
        ['container', 'dnld', 3, [
          ['leaf', 'bandwidth', 3, 'integer'],
          ['leaf', 'priority', 3, ['enumeration', 'H', 'M', 'L']],
        ]],
        ['leaf-list', 'application', 3, 'string'],
        ['leaf', 'security', 3, 'string'],
      ],
      output: [
        ['leaf', 'trouble', 3, 'string'],
        ['leaf', 'allowed', 3, 'boolean'],
        ['leaf', 'reason', 3, 'string'],
        ['leaf', 'class', 3, 'string'],
        ['leaf', 'rule', 3, 'string'],
        ['container', 'upld', 3, [
          ['leaf', 'rate', 3, 'integer'],
          ['leaf', 'burst', 3, 'integer'],
        ]],
        ['container', 'dnld', 3, [
          ['leaf', 'rate', 3, 'integer'],
          ['leaf', 'burst', 3, 'integer'],
        ]],
      ],
    },
  },
  notifications: {
    'sublane-service:service-modification': [
      ['leaf', 'host-id', 2, 'string'],
      ['leaf', 'modification-id', 2, 'string'],
      ['leaf', 'reason', 2, 'string'],
      ['leaf', 'confirm-within', 2, 'integer'],
      ['leaf', 'grace', 2, 'integer'],
      ['container', 'sp-service-message', 2, [
        ['leaf', 'host-id', 2, 'string'],
        ['list', 'application-group', 2, [
          ['leaf', 'id', 2, 'integer'],
          ['container', 'access-interface-cfg', 2, [
            ['leaf', 'interface', 2, 'string'],
            ['leaf', 'type', 2, ['identityref', 0]],
            ['leaf', 'mtu', 2, 'integer'],
            ['leaf', 'vlan-id', 2, 'integer'],
            ['container', 'tunnel', 2, [
              ['leaf', 'encapsulation', 2, ['enumeration', 'gre', 'ipip', 'vxlan', 'wireguard']],
              ['leaf', 'remote-address', 2, 'string'],
              ['leaf', 'remote-port', 2, 'integer'],
              ['leaf', 'key', 2, 'integer'],
              ['leaf', 'public-key', 2, 'string'],
            ]],
            ['container', 'ipv4', 2, [
              ['list', 'address', 2, [
                ['leaf', 'ip', 2, 'string'],
                ['leaf', 'prefix-length', 2, 'integer'],
                ['leaf', 'deprecated', 2, 'empty'],
              ], ['ip']],
            ]],
            ['container', 'ipv6', 2, [
              ['list', 'address', 2, [
                ['leaf', 'ip', 2, 'string'],
                ['leaf', 'prefix-length', 2, 'integer'],
                ['leaf', 'deprecated', 2, 'empty'],
              ], ['ip']],
              ['leaf-list', 'delegated-prefix', 2, 'string'],
            ]],
            ['leaf-list', 'dns-server', 2, 'string'],
            ['leaf-list', 'check-address', 2, 'string'],
          ]],
          ['container', 'routing-cfg', 2, [
            ['list', 'ipv4-route', 2, [
              ['leaf', 'destination-prefix', 2, 'string'],
              ['leaf', 'next-hop-address', 2, 'string'],
            ], ['destination-prefix']],
            ['list', 'ipv6-route', 2, [
              ['leaf', 'destination-prefix', 2, 'string'],
              ['leaf', 'next-hop-address', 2, 'string'],
            ], ['destination-prefix']],
            ['leaf', 'unmatched', 2, ['enumeration', 'host', 'unreachable']],
          ]],
          ['container', 'qos-cfg', 2, [
            ['leaf', 'dscp', 2, 'integer'],
            ['container', 'upld', 2, [
              ['leaf', 'rate', 2, 'integer'],
              ['leaf', 'burst', 2, 'integer'],
              ['leaf', 'priority', 2, ['enumeration', 'H', 'M', 'L']],
            ]],
            ['container', 'dnld', 2, [
              ['leaf', 'rate', 2, 'integer'],
              ['leaf', 'burst', 2, 'integer'],
              ['leaf', 'priority', 2, ['enumeration', 'H', 'M', 'L']],
            ]],
          ]],
          ['container', 'security-cfg', 2, [
            ['leaf', 'profile', 2, 'string'],
            ['leaf', 'isolated', 2, 'boolean'],
            ['leaf', 'when-down', 2, ['enumeration', 'block', 'host']],
            ['list', 'permit', 2, [
              ['leaf', 'name', 2, 'string'],
              ['leaf', 'destination', 2, 'string'],
              ['leaf', 'protocol', 2, 'integer'],
              ['leaf', 'lower-port', 2, 'integer'],
              ['leaf', 'upper-port', 2, 'integer'],
            ], ['name']],
          ]],
          ['leaf-list', 'application-list', 2, 'string'],
          ['container', 'lease', 2, [
            ['leaf', 'id', 2, 'string'],
            ['leaf', 'valid-lifetime', 2, 'integer'],
            ['leaf', 'renew-after', 2, 'integer'],
          ]],
        ], ['id']],
      ]],
    ],
    'sublane-service:modification-concluded': [
      ['leaf', 'host-id', 2, 'string'],
      ['leaf', 'modification-id', 2, 'string'],
      ['leaf', 'outcome', 2, ['enumeration', 'committed', 'aborted']],
    ],
    'sublane-service:service-withdrawn': [
      ['leaf', 'host-id', 2, 'string'],
      ['leaf-list', 'group-id', 2, 'integer'],
      ['leaf', 'reason', 2, 'string'],
      ['leaf', 'grace', 2, 'integer'],
    ],
    'sublane-headend:pool-alarm': [
      ['leaf', 'pool', 3, 'string'],
      ['leaf', 'state', 3, ['enumeration', 'filling', 'empty']],
      ['leaf', 'held', 3, 'long'],
      ['leaf', 'capacity', 3, 'long'],
      ['leaf', 'percent', 3, 'integer'],
      ['leaf', 'empty-at', 3, 'string'],
    ],
    'sublane-headend:authority-alarm': [
      ['leaf', 'authority', 3, 'string'],
      ['leaf', 'server', 3, 'string'],
      ['leaf', 'state', 3, ['enumeration', 'dead', 'alive']],
    ],
  },
  data: [
    ['list', 'sp-service-message', 1, [
      ['leaf', 'host-id', 1, 'string'],
      ['list', 'application-group', 1, [
        ['leaf', 'id', 1, 'integer'],
        ['leaf', 'attachment-address', 1, 'string'],
        ['container', 'access-interface-cfg', 1, [
          ['leaf', 'interface', 1, 'string'],
          ['leaf', 'type', 1, ['identityref', 0]],
          ['leaf', 'mtu', 1, 'integer'],
          ['leaf', 'vlan-id', 1, 'integer'],
          ['container', 'tunnel', 1, [
            ['leaf', 'encapsulation', 1, ['enumeration', 'gre', 'ipip', 'vxlan', 'wireguard']],
            ['leaf', 'remote-address', 1, 'string'],
            ['leaf', 'remote-port', 1, 'integer'],
            ['leaf', 'key', 1, 'integer'],
            ['leaf', 'public-key', 1, 'string'],
          ]],
          ['container', 'ipv4', 1, [
            ['list', 'address', 1, [
              ['leaf', 'ip', 1, 'string'],
              ['leaf', 'prefix-length', 1, 'integer'],
              ['leaf', 'deprecated', 1, 'empty'],
            ], ['ip']],
          ]],
          ['container', 'ipv6', 1, [
            ['list', 'address', 1, [
              ['leaf', 'ip', 1, 'string'],
              ['leaf', 'prefix-length', 1, 'integer'],
              ['leaf', 'deprecated', 1, 'empty'],
            ], ['ip']],
            ['leaf-list', 'delegated-prefix', 1, 'string'],
          ]],
          ['leaf-list', 'dns-server', 1, 'string'],
          ['leaf-list', 'check-address', 1, 'string'],
        ]],
        ['container', 'routing-cfg', 1, [
          ['list', 'ipv4-route', 1, [
            ['leaf', 'destination-prefix', 1, 'string'],
            ['leaf', 'next-hop-address', 1, 'string'],
          ], ['destination-prefix']],
          ['list', 'ipv6-route', 1, [
            ['leaf', 'destination-prefix', 1, 'string'],
            ['leaf', 'next-hop-address', 1, 'string'],
          ], ['destination-prefix']],
          ['leaf', 'unmatched', 1, ['enumeration', 'host', 'unreachable']],
        ]],
        ['container', 'qos-cfg', 1, [
          ['leaf', 'dscp', 1, 'integer'],
          ['container', 'upld', 1, [
            ['leaf', 'rate', 1, 'integer'],
            ['leaf', 'burst', 1, 'integer'],
            ['leaf', 'priority', 1, ['enumeration', 'H', 'M', 'L']],
          ]],
          ['container', 'dnld', 1, [
            ['leaf', 'rate', 1, 'integer'],
            ['leaf', 'burst', 1, 'integer'],
            ['leaf', 'priority', 1, ['enumeration', 'H', 'M', 'L']],
          ]],
        ]],
        ['container', 'security-cfg', 1, [
          ['leaf', 'profile', 1, 'string'],
          ['leaf', 'isolated', 1, 'boolean'],
          ['leaf', 'when-down', 1, ['enumeration', 'block', 'host']],
          ['list', 'permit', 1, [
            ['leaf', 'name', 1, 'string'],
            ['leaf', 'destination', 1, 'string'],
            ['leaf', 'protocol', 1, 'integer'],
            ['leaf', 'lower-port', 1, 'integer'],
            ['leaf', 'upper-port', 1, 'integer'],
          ], ['name']],
        ]],
        ['leaf-list', 'application-list', 1, 'string'],
      ], ['id']],
    ], ['host-id']],
    ['container', 'headend-keys', 2, [
      ['list', 'password-encryption-key', 2, [
        ['leaf', 'kid', 2, 'string'],
        ['leaf', 'public-jwk', 2, 'string'],
        ['leaf', 'not-after', 2, 'string'],
      ], ['kid']],
      ['list', 'host-key', 2, [
        ['leaf', 'fingerprint', 2, 'string'],
      ], ['fingerprint']],
    ]],
    ['container', 'hosts', 2, [
      ['list', 'host', 2, [
        ['leaf', 'host-id', 2, 'string'],
        ['leaf', 'subscriber', 2, 'string'],
        ['leaf', 'attachment-address', 2, 'string'],
        ['leaf', 'behind-nat', 2, 'boolean'],
      ], ['host-id']],
    ]],
    ['container', 'headend', 3, [
      ['leaf', 'time-zone', 3, 'string'],
      ['list', 'location', 3, [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'parent', 3, 'string'],
        ['leaf-list', 'access-prefix', 3, 'string'],
        ['leaf', 'upld-capacity', 3, 'integer'],
        ['leaf', 'dnld-capacity', 3, 'integer'],
      ], ['name']],
      ['list', 'pool', 3, [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'class', 3, 'string'],
        ['leaf', 'location', 3, 'string'],
        ['leaf-list', 'prefix', 3, 'string'],
        ['leaf', 'attachment', 3, ['enumeration', 'on-link', 'routed', 'vlan', 'tunnel']],
        ['leaf', 'vlan-id', 3, 'integer'],
        ['container', 'tunnel', 3, [
          ['leaf', 'encapsulation', 3, ['enumeration', 'gre', 'ipip', 'vxlan', 'wireguard']],
          ['leaf', 'remote-address', 3, 'string'],
          ['leaf', 'remote-port', 3, 'integer'],
          ['leaf', 'key', 3, 'integer'],
          ['leaf', 'public-key', 3, 'string'],
        ]],
        ['leaf', 'mtu', 3, 'integer'],
        ['leaf-list', 'gateway', 3, 'string'],
        ['leaf-list', 'dns', 3, 'string'],
        ['leaf-list', 'check', 3, 'string'],
        ['leaf-list', 'exclude', 3, 'string'],
        ['leaf', 'admin-state', 3, ['enumeration', 'open', 'draining', 'moving']],
        ['leaf', 'successor', 3, 'string'],
        ['container', 'delegated', 3, [
          ['leaf', 'prefix', 3, 'string'],
          ['leaf', 'length', 3, 'integer'],
        ]],
        ['list', 'reservation', 3, [
          ['leaf', 'address', 3, 'string'],
          ['leaf', 'subscriber', 3, 'string'],
          ['leaf', 'host-id', 3, 'string'],
          ['leaf', 'group-id', 3, 'integer'],
        ], ['address']],
        ['leaf', 'rest', 3, 'integer'],
        ['leaf', 'warn-at', 3, 'integer'],
        ['container', 'quarantine', 3, [
          ['leaf', 'time', 3, 'integer'],
          ['leaf', 'per-host', 3, 'integer'],
          ['leaf', 'per-subscriber', 3, 'integer'],
        ]],
      ], ['name']],
      ['list', 'security-profile', 3, [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'isolated', 3, 'boolean'],
        ['leaf', 'when-down', 3, ['enumeration', 'block', 'host']],
        ['list', 'permit', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'destination', 3, 'string'],
          ['leaf', 'protocol', 3, 'integer'],
          ['leaf', 'lower-port', 3, 'integer'],
          ['leaf', 'upper-port', 3, 'integer'],
        ], ['name']],
      ], ['name']],
      ['list', 'plan', 3, [
        ['leaf', 'name', 3, 'string'],
        ['leaf', 'default-class', 3, 'string'],
        ['leaf', 'time-zone', 3, 'string'],
        ['container', 'quota', 3, [
          ['leaf', 'octets', 3, 'long'],
          ['leaf', 'period', 3, ['enumeration', 'day', 'week', 'month']],
        ]],
        ['list', 'class', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'dscp', 3, 'integer'],
          ['leaf', 'priority', 3, ['enumeration', 'H', 'M', 'L']],
          ['leaf', 'scope', 3, ['enumeration', 'internal', 'external']],
          ['leaf', 'service-chain', 3, 'string'],
          ['leaf', 'admission', 3, ['enumeration', 'guaranteed', 'best-effort']],
          ['leaf', 'security-profile', 3, 'string'],
          ['container', 'upld', 3, [
            ['leaf', 'ceiling', 3, 'union'],
            ['leaf', 'burst', 3, 'integer'],
          ]],
          ['container', 'dnld', 3, [
            ['leaf', 'ceiling', 3, 'union'],
            ['leaf', 'burst', 3, 'integer'],
          ]],
          ['list', 'route', 3, [
            ['leaf', 'to', 3, 'string'],
            ['leaf', 'via', 3, 'string'],
          ], ['to']],
        ], ['name']],
        ['list', 'rule', 3, [
          ['leaf', 'name', 3, 'string'],
          ['container', 'when', 3, [
            ['leaf', 'priority', 3, ['enumeration', 'H', 'M', 'L']],
            ['leaf', 'bandwidth-max', 3, 'integer'],
            ['leaf', 'bandwidth-min', 3, 'integer'],
            ['leaf', 'direction', 3, ['enumeration', 'upld', 'dnld']],
            ['leaf', 'time', 3, 'string'],
            ['leaf-list', 'day', 3, ['enumeration', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']],
            ['leaf-list', 'location', 3, 'string'],
            ['leaf-list', 'application', 3, 'string'],
            ['leaf', 'security', 3, 'string'],
            ['leaf', 'quota-used', 3, 'integer'],
          ]],
          ['leaf', 'class', 3, 'string'],
          ['leaf', 'refuse', 3, 'string'],
          ['leaf', 'over-ceiling', 3, ['enumeration', 'refuse', 'lower']],
        ], ['name']],
        ['container', 'lease', 3, [
          ['leaf', 'valid', 3, 'integer'],
          ['leaf', 'renew-at', 3, 'decimal'],
        ]],
        ['leaf', 'groups-max', 3, 'integer'],
        ['list', 'route', 3, [
          ['leaf', 'to', 3, 'string'],
          ['leaf', 'via', 3, 'string'],
        ], ['to']],
      ], ['name']],
      ['container', 'aaa', 3, [
        ['leaf', 'authority', 3, 'string'],
        ['list', 'realm', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'authority', 3, 'string'],
        ], ['name']],
        ['list', 'radius', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'transport', 3, ['enumeration', 'udp', 'tls']],
          ['list', 'server', 3, [
            ['leaf', 'name', 3, 'string'],
            ['leaf', 'address', 3, 'string'],
            ['leaf', 'authentication-port', 3, 'integer'],
            ['leaf', 'accounting-port', 3, 'integer'],
            ['leaf', 'secret-file', 3, 'string'],
          ], ['name']],
          ['container', 'tls', 3, [
            ['leaf', 'ca-file', 3, 'string'],
            ['leaf', 'certificate-file', 3, 'string'],
            ['leaf', 'key-file', 3, 'string'],
          ]],
          ['leaf', 'nas-identifier', 3, 'string'],
          ['leaf', 'method', 3, ['enumeration', 'pap', 'chap']],
          ['leaf', 'without-password', 3, ['enumeration', 'authorize-only', 'refuse']],
          ['leaf', 'timeout', 3, 'integer'],
          ['leaf', 'dead-time', 3, 'integer'],
          ['leaf', 'default-plan', 3, 'string'],
          ['list', 'mapping', 3, [
            ['leaf', 'name', 3, 'string'],
            ['leaf', 'attribute', 3, 'string'],
            ['leaf', 'pattern', 3, 'string'],
            ['leaf', 'plan', 3, 'string'],
            ['leaf', 'value-is', 3, ['enumeration', 'plan', 'upld-ceiling', 'dnld-ceiling']],
            ['leaf', 'unit', 3, ['enumeration', 'bits-per-second', 'kilobits-per-second']],
          ], ['name']],
          ['container', 'accounting', 3, [
            ['leaf', 'interim-interval', 3, 'integer'],
          ]],
        ], ['name']],
        ['container', 'dynamic-authorization', 3, [
          ['leaf', 'listen', 3, 'string'],
          ['leaf', 'port', 3, 'integer'],
          ['list', 'client', 3, [
            ['leaf', 'address', 3, 'string'],
            ['leaf', 'secret-file', 3, 'string'],
            ['leaf', 'authority', 3, 'string'],
          ], ['address']],
        ]],
        ['list', 'edge', 3, [
          ['leaf', 'name', 3, 'string'],
          ['leaf', 'address', 3, 'string'],
          ['leaf', 'port', 3, 'integer'],
          ['leaf', 'secret-file', 3, 'string'],
          ['leaf', 'message-authenticator', 3, ['enumeration', 'mandatory', 'optional']],
        ], ['name']],
        ['container', 'policy-hook', 3, [
          ['leaf', 'url', 3, 'string'],
          ['leaf', 'timeout', 3, 'integer'],
          ['leaf', 'when-away', 3, ['enumeration', 'refuse', 'permit']],
          ['leaf', 'token-file', 3, 'string'],
          ['leaf', 'ca-file', 3, 'string'],
        ]],
      ]],
    ]],
  ],
};
