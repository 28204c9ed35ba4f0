package com.databroker.sources;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// The numbers of the DNS and their names, by the registries of IANA. What has no name is called by its
/// number, in the way of RFC 3597: `TYPE65280`, `CLASS4660`.
final class DnsCodes {
    static final int A = 1;
    static final int NS = 2;
    static final int CNAME = 5;
    static final int SOA = 6;
    static final int PTR = 12;
    static final int MX = 15;
    static final int TXT = 16;
    static final int AAAA = 28;
    static final int OPT = 41;

    private static final Map<Integer, String> TYPES = numbered("1 A 2 NS 3 MD 4 MF 5 CNAME 6 SOA 7 MB 8 MG 9 MR 10 NULL"
            + " 11 WKS 12 PTR 13 HINFO 14 MINFO 15 MX 16 TXT 17 RP 18 AFSDB 19 X25 20 ISDN 21 RT 22 NSAP 23 NSAP-PTR"
            + " 24 SIG 25 KEY 26 PX 27 GPOS 28 AAAA 29 LOC 30 NXT 31 EID 32 NIMLOC 33 SRV 34 ATMA 35 NAPTR 36 KX"
            + " 37 CERT 38 A6 39 DNAME 40 SINK 41 OPT 42 APL 43 DS 44 SSHFP 45 IPSECKEY 46 RRSIG 47 NSEC 48 DNSKEY"
            + " 49 DHCID 50 NSEC3 51 NSEC3PARAM 52 TLSA 53 SMIMEA 55 HIP 56 NINFO 57 RKEY 58 TALINK 59 CDS 60 CDNSKEY"
            + " 61 OPENPGPKEY 62 CSYNC 63 ZONEMD 64 SVCB 65 HTTPS 66 DSYNC 67 HHIT 68 BRID 99 SPF 100 UINFO 101 UID"
            + " 102 GID 103 UNSPEC 104 NID 105 L32 106 L64 107 LP 108 EUI48 109 EUI64 128 NXNAME 249 TKEY 250 TSIG"
            + " 251 IXFR 252 AXFR 253 MAILB 254 MAILA 255 ANY 256 URI 257 CAA 258 AVC 259 DOA 260 AMTRELAY 261 RESINFO"
            + " 262 WALLET 263 CLA 264 IPN 32768 TA 32769 DLV");
    private static final Map<Integer, String> CLASSES = numbered("1 IN 3 CH 4 HS 254 NONE 255 ANY");
    private static final Map<Integer, String> OPCODES = numbered("0 QUERY 1 IQUERY 2 STATUS 4 NOTIFY 5 UPDATE 6 DSO");
    private static final Map<Integer, String> RCODES = numbered("0 NOERROR 1 FORMERR 2 SERVFAIL 3 NXDOMAIN 4 NOTIMP"
            + " 5 REFUSED 6 YXDOMAIN 7 YXRRSET 8 NXRRSET 9 NOTAUTH 10 NOTZONE 11 DSOTYPENI 16 BADVERS 17 BADKEY"
            + " 18 BADTIME 19 BADMODE 20 BADNAME 21 BADALG 22 BADTRUNC 23 BADCOOKIE");
    private static final Map<String, Integer> TYPE_NUMBERS = named(TYPES);
    private static final Map<String, Integer> CLASS_NUMBERS = named(CLASSES);
    private static final Map<String, Integer> RCODE_NUMBERS = named(RCODES);

    /// By the numbers of dnstap, from 1.
    static final String[] MESSAGE_TYPES = {
        "",
        "AUTH_QUERY",
        "AUTH_RESPONSE",
        "RESOLVER_QUERY",
        "RESOLVER_RESPONSE",
        "CLIENT_QUERY",
        "CLIENT_RESPONSE",
        "FORWARDER_QUERY",
        "FORWARDER_RESPONSE",
        "STUB_QUERY",
        "STUB_RESPONSE",
        "TOOL_QUERY",
        "TOOL_RESPONSE",
        "UPDATE_QUERY",
        "UPDATE_RESPONSE"
    };

    private DnsCodes() {}

    private static Map<Integer, String> numbered(String pairs) {
        Map<Integer, String> names = new HashMap<>();
        String[] words = pairs.split(" ", -1);
        for (int i = 0; i + 1 < words.length; i += 2) {
            names.put(Integer.valueOf(words[i]), words[i + 1]);
        }
        return Map.copyOf(names);
    }

    private static Map<String, Integer> named(Map<Integer, String> names) {
        Map<String, Integer> numbers = new HashMap<>();
        names.forEach((number, name) -> numbers.put(name, number));
        return Map.copyOf(numbers);
    }

    static String type(int number) {
        String name = TYPES.get(number);
        return name == null ? "TYPE" + number : name;
    }

    static String dnsClass(int number) {
        String name = CLASSES.get(number);
        return name == null ? "CLASS" + number : name;
    }

    static String opcode(int number) {
        String name = OPCODES.get(number);
        return name == null ? "OPCODE" + number : name;
    }

    static String rcode(int number) {
        String name = RCODES.get(number);
        return name == null ? "RCODE" + number : name;
    }

    /// The number of a type as logs write it: `A`, `TYPE65`, `type=65`; -1 where it is none.
    static int typeNumber(String name) {
        return number(name, TYPE_NUMBERS, "TYPE");
    }

    static int classNumber(String name) {
        return number(name, CLASS_NUMBERS, "CLASS");
    }

    static int rcodeNumber(String name) {
        return number(name, RCODE_NUMBERS, "RCODE");
    }

    private static int number(String name, Map<String, Integer> numbers, String prefix) {
        String upper = name.toUpperCase(Locale.ROOT);
        Integer number = numbers.get(upper);
        if (number != null) {
            return number;
        }
        if (!upper.startsWith(prefix)) {
            return -1;
        }
        int begin = prefix.length() + (upper.startsWith("=", prefix.length()) ? 1 : 0);
        return smallNumber(upper, begin, upper.length());
    }

    /// Decimal digits from 0 to 65535; -1 where the text is something else.
    static int smallNumber(String text, int begin, int end) {
        if (begin >= end || end - begin > 5) {
            return -1;
        }
        int value = 0;
        for (int i = begin; i < end; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            value = 10 * value + digit;
        }
        return value > 0xffff ? -1 : value;
    }
}
