/** RFC 6243 §6: that of the attribute `default`. */
export const DEFAULT_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:default:1.0';
