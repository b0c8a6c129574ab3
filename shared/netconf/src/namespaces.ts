/** NETCONF's messages and base operations (RFC 6241 §3.1). */
export const BASE_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0';
/** `<notification>` and `<create-subscription>` (RFC 5277 §4). */
export const NOTIFICATION_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:notification:1.0';
/** `<get-schema>` and the state of a NETCONF server (RFC 6022 §5). */
export const MONITORING_NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring';
/** Bound to the prefix `xml` everywhere (Namespaces in XML 1.0 §3). */
export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
