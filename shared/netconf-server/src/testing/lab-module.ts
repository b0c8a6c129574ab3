/** A module with one of everything that editing, filtering and validating must know about. */
export const LAB_MODULE = `
module lab {
  yang-version 1.1;
  namespace "urn:example:lab";
  prefix lab;

  import ietf-inet-types { prefix inet; }

  revision 2026-11-20;

  feature extra;

  identity colour;
  identity red { base colour; }
  identity blue { base colour; }

  container lab {
    leaf name { type string { length "1..20"; pattern "[a-z ]*"; } }
    leaf level { type uint8 { range "0..100"; } default 7; }
    leaf ratio { type decimal64 { fraction-digits 2; } }
    leaf colour { type identityref { base colour; } }
    leaf first-box { type leafref { path "/lab/box/id"; } }
    leaf extra { if-feature extra; type string; }
    leaf guarded { when "../level > 50"; type string; }
    container options {
      presence "options are set";
      leaf must-have { type string; mandatory true; }
      leaf other { type string; }
    }
    list box {
      key id;
      unique label;
      must "not(size) or size < 1000" { error-app-tag too-large; error-message "a box is smaller than 1000"; }
      must "not(label = 'forbidden')";
      leaf id { type uint32; }
      leaf label { type string; }
      leaf size { type int32; }
      choice content {
        case apples { leaf apples { type uint32; } leaf apple-kind { type string; } }
        case pears { leaf pears { type uint32; } }
      }
      leaf-list tag { type string; }
      list part { key "kind number"; leaf kind { type identityref { base colour; } } leaf number { type uint8; } leaf note { type string; } }
      leaf full { config false; type boolean; }
    }
    list rule { key name; ordered-by user; leaf name { type string; } leaf action { type enumeration { enum accept; enum drop; } } }
    leaf-list server { ordered-by user; type string; }
    leaf-list address { type inet:ip-address; }
    list peer { key "address port"; leaf address { type inet:ip-address; } leaf port { type uint16; } leaf note { type string; } leaf-list prefix { type inet:ip-prefix; } }
    list few { key name; max-elements 2; leaf name { type string; } }
    container needs-two { presence "two are needed"; leaf-list two { min-elements 2; type string; } }
    container pick { presence "one must be picked"; choice one { mandatory true; leaf this { type empty; } leaf that { type empty; } } }
    anydata anything;
  }
  container counters { config false; leaf beats { type uint32; } list probe { key id; leaf id { type uint32; } leaf value { type string; } } }

  rpc echo {
    input {
      leaf text { type string { length "1..50000"; } mandatory true; }
      leaf times { type uint8 { range "1..10"; } default 1; }
      leaf colour { type identityref { base colour; } }
      list item { key id; leaf id { type uint32; } leaf note { type string; } }
      must "not(item) or times = 1" { error-app-tag once; error-message "items are echoed once"; }
    }
    output { leaf text { type string; mandatory true; } leaf times { type uint8; } }
  }
  rpc fail { input { leaf how { type string; } } }
  rpc wait;
  rpc secret;
}
`;

export const LAB_NAMESPACE = 'urn:example:lab';
