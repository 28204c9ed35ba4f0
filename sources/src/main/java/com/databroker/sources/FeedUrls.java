package com.databroker.sources;

import java.net.IDN;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Addresses in feeds: they are rarely valid, so this reads them by hand and never refuses.
final class FeedUrls {
    private static final Set<String> TRACKING = Set.of(
            "fbclid",
            "gclid",
            "gclsrc",
            "dclid",
            "gbraid",
            "wbraid",
            "msclkid",
            "yclid",
            "twclid",
            "ttclid",
            "igshid",
            "igsh",
            "mc_cid",
            "mc_eid",
            "_hsenc",
            "_hsmi",
            "mkt_tok",
            "oly_anon_id",
            "oly_enc_id",
            "vero_id",
            "rb_clickid",
            "s_cid",
            "wickedid",
            "ncid",
            "cmpid",
            "xtor",
            "wt_mc",
            "wtmc",
            "wt_zmc",
            "ito",
            "at_medium",
            "at_campaign",
            "at_custom1",
            "at_custom2",
            "at_custom3",
            "at_custom4",
            "ns_mchannel",
            "ns_source",
            "ns_campaign",
            "ns_linkname",
            "ns_fee",
            "feedtype",
            "feedname",
            "partner_rss",
            "_openstat",
            "spm",
            "ftag",
            "sr_share");

    private FeedUrls() {}

    /// Whether it begins with `scheme:`.
    static boolean isAbsolute(String url) {
        int colon = url.indexOf(':');
        if (colon < 1) {
            return false;
        }
        for (int i = 0; i < colon; i++) {
            char c = url.charAt(i);
            boolean letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
            if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'))) {
                return false;
            }
        }
        return true;
    }

    static boolean isHttp(String url) {
        return url.regionMatches(true, 0, "http://", 0, 7) || url.regionMatches(true, 0, "https://", 0, 8);
    }

    /// `url` as seen from `base`; itself where one of them is of no use for that.
    static String resolve(String base, String url) {
        String relative = url.strip();
        if (relative.isEmpty()) {
            return base;
        }
        if (base.isEmpty() || isAbsolute(relative) || !isHierarchical(base)) {
            return relative;
        }
        int scheme = base.indexOf(':');
        if (relative.startsWith("//")) {
            return base.substring(0, scheme + 1) + relative;
        }
        int path = pathOf(base);
        String clean = base.substring(0, endOf(base, path, "#"));
        if (relative.startsWith("#")) {
            return clean + relative;
        }
        int query = endOf(clean, path, "?");
        if (relative.startsWith("?")) {
            return clean.substring(0, query) + relative;
        }
        String root = base.substring(0, path);
        if (relative.startsWith("/")) {
            return root + withoutDots(relative);
        }
        String folder = clean.substring(path, query);
        int slash = folder.lastIndexOf('/');
        return root + withoutDots((slash < 0 ? "/" : folder.substring(0, slash + 1)) + relative);
    }

    private static boolean isHierarchical(String base) {
        return isAbsolute(base) && base.startsWith("//", base.indexOf(':') + 1);
    }

    private static int pathOf(String url) {
        int from = url.indexOf("://") + 3;
        int end = from;
        while (end < url.length() && "/?#".indexOf(url.charAt(end)) < 0) {
            end++;
        }
        return end;
    }

    private static int endOf(String url, int from, String mark) {
        int end = url.indexOf(mark, from);
        return end < 0 ? url.length() : end;
    }

    private static String withoutDots(String path) {
        int end = Math.min(endOf(path, 0, "?"), endOf(path, 0, "#"));
        String plain = path.substring(0, end);
        if (!plain.contains("/.")) {
            return path;
        }
        List<String> kept = new ArrayList<>();
        String[] parts = plain.split("/", -1);
        for (int i = 1; i < parts.length; i++) {
            boolean last = i == parts.length - 1;
            if (parts[i].equals("..")) {
                if (!kept.isEmpty()) {
                    kept.remove(kept.size() - 1);
                }
            } else if (!parts[i].equals(".")) {
                kept.add(parts[i]);
                continue;
            }
            if (last) {
                kept.add("");
            }
        }
        return "/" + String.join("/", kept) + path.substring(end);
    }

    /// The form by which two addresses of one page are found to be the same: scheme and host in lower case
    /// and ASCII, no port that is the usual one, no fragment, none of the parameters that only tell who
    /// sent the reader. Null where it is not one of the web.
    static @Nullable String canonical(String url) {
        // A line that was broken is put together; a blank within it belongs to the address.
        String plain =
                url.strip().replaceAll("[ ]*[\\p{Cntrl}]+[\\s\\p{Cntrl}]*", "").replace(" ", "%20");
        if (!isHttp(plain)) {
            return null;
        }
        String scheme = plain.substring(0, plain.indexOf(':')).toLowerCase(Locale.ROOT);
        int path = pathOf(plain);
        String host = host(plain);
        if (host == null) {
            return null;
        }
        String authority = plain.substring(scheme.length() + 3, path);
        String port = authority.substring(authority.lastIndexOf('@') + 1).replaceFirst("^(\\[[^\\]]*\\]|[^:]*)", "");
        boolean usual = port.length() <= 1 || port.equals(scheme.equals("http") ? ":80" : ":443");
        // An address within a page written by a program (`#!`) is the page itself.
        int fragment = endOf(plain, path, "#");
        String kept = plain.startsWith("#!", fragment) ? plain.substring(fragment) : "";
        int query = Math.min(endOf(plain, path, "?"), fragment);
        String folder = withoutDots(plain.substring(path, query));
        return scheme + "://" + host + (usual ? "" : port) + (folder.isEmpty() ? "/" : folder)
                + parameters(plain.substring(query, fragment)) + kept;
    }

    private static String parameters(String query) {
        if (query.length() < 2) {
            return "";
        }
        List<String> kept = new ArrayList<>();
        for (String parameter : query.substring(1).split("&", -1)) {
            String name = parameter.substring(0, endOf(parameter, 0, "=")).toLowerCase(Locale.ROOT);
            name = name.startsWith("amp;") ? name.substring(4) : name;
            if (!parameter.isEmpty()
                    && !name.startsWith("utm_")
                    && !name.startsWith("pk_")
                    && !TRACKING.contains(name)) {
                kept.add(parameter);
            }
        }
        return kept.isEmpty() ? "" : "?" + String.join("&", kept);
    }

    /// Without a name and a password, which are nobody's business.
    static String withoutUser(String url) {
        if (!isHttp(url)) {
            return url;
        }
        int from = url.indexOf("://") + 3;
        int at = url.lastIndexOf('@', pathOf(url) - 1);
        return at < from ? url : url.substring(0, from) + url.substring(at + 1);
    }

    /// The host in lower case and ASCII, null where there is none.
    static @Nullable String host(String url) {
        if (!isHttp(url)) {
            return null;
        }
        String authority = url.substring(url.indexOf("://") + 3, pathOf(url));
        String host = authority.substring(authority.lastIndexOf('@') + 1);
        if (host.startsWith("[")) {
            return host.indexOf(']') < 0
                    ? null
                    : host.substring(0, host.indexOf(']') + 1).toLowerCase(Locale.ROOT);
        }
        host = host.substring(0, endOf(host, 0, ":"));
        host = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (host.isEmpty() || host.length() > 253) {
            return null;
        }
        try {
            return IDN.toASCII(host, IDN.ALLOW_UNASSIGNED).toLowerCase(Locale.ROOT);
        } catch (IllegalArgumentException | IndexOutOfBoundsException notAName) {
            return host.toLowerCase(Locale.ROOT);
        }
    }
}
