package com.databroker.sources;

import org.jspecify.annotations.Nullable;

/// One DNS message, taken apart in place, as far as it goes: header, question, EDNS, and a text form of the
/// first answers. What is wrong with it stands in [#error]; what was read before that stays.
///
/// Used again for every message. Each name is read with a limit, and a pointer must go back, so every loop
/// ends.
final class DnsMessage {
    static final int HEADER_BYTES = 12;
    static final int ANSWERS_MAX = 16;
    static final int OPTIONS_MAX = 16;

    static final int QR = 0x8000;
    static final int TC = 0x0200;

    private static final int TYPE_AND_CLASS = 4;
    private static final int RECORD_HEAD = 10;

    private final DnsAnswers texts = new DnsAnswers();

    /// The name of the first question, in lower case, as labels with lengths.
    final byte[] name = new byte[DnsNames.WIRE_MAX + 1];

    /// Codes of the EDNS options.
    final int[] options = new int[OPTIONS_MAX];

    /// -1 where it is not known.
    int id;

    /// The second 16 bits of the header: QR, opcode, flags, rcode.
    int bits;

    /// Whether [#bits] are all known: logs tell some of them.
    boolean flagged;

    /// -1 where their number is not known.
    int questions;

    int answers;
    int nameLength;
    boolean mixed;

    /// Of the first question; -1 where there is none.
    int type;

    int dnsClass;

    /// With the upper bits that EDNS brings.
    int rcode;

    boolean edns;
    int ednsVersion;
    int udpSize;
    boolean dnssecOk;
    int optionCount;

    @Nullable
    String error;

    /// Where the message ended, from its begin.
    int length;

    private byte[] bytes = new byte[0];
    private int begin;
    private int end;
    private int at;

    boolean response() {
        return (bits & QR) != 0;
    }

    int opcode() {
        return bits >> 11 & 15;
    }

    boolean named() {
        return nameLength > 0;
    }

    /// The text form of the answers, an array in JSON; empty where there are none.
    DnsJson answerTexts() {
        return texts.json;
    }

    /// Nothing read yet.
    void clear() {
        id = -1;
        bits = 0;
        flagged = false;
        questions = -1;
        answers = -1;
        nameLength = 0;
        mixed = false;
        type = -1;
        dnsClass = -1;
        rcode = 0;
        edns = false;
        ednsVersion = 0;
        udpSize = 0;
        dnssecOk = false;
        optionCount = 0;
        error = null;
        length = 0;
        texts.clear();
    }

    /// Sets a name as a log has it.
    void name(byte[] wire) {
        nameLength = wireLength(wire);
        System.arraycopy(wire, 0, name, 0, nameLength);
        mixed = DnsNames.lowerCase(name, 0);
    }

    /// False where not even a header is there.
    boolean parse(byte[] array, int offset, int size) {
        clear();
        if (size < HEADER_BYTES) {
            return false;
        }
        bytes = array;
        begin = offset;
        end = offset + size;
        id = DnsInput.shortBe(array, offset);
        bits = DnsInput.shortBe(array, offset + 2);
        flagged = true;
        rcode = bits & 15;
        questions = DnsInput.shortBe(array, offset + 4);
        answers = DnsInput.shortBe(array, offset + 6);
        at = offset + HEADER_BYTES;
        if (sections()) {
            length = at - begin;
        }
        return true;
    }

    private boolean sections() {
        for (int i = 0; i < questions; i++) {
            if (!question(i)) {
                return false;
            }
        }
        return records(answers, "answer", true)
                && records(DnsInput.shortBe(bytes, begin + 8), "authority record", false)
                && records(DnsInput.shortBe(bytes, begin + 10), "additional record", false);
    }

    private boolean fail(String reason) {
        error = reason;
        return false;
    }

    private boolean question(int number) {
        byte[] target = number == 0 ? name : texts.name;
        int next = readName(bytes, begin, end, at, target);
        if (next < 0) {
            // One that is too long or points astray still ends somewhere.
            next = skipName(bytes, end, at);
            fail("the name of question " + (number + 1) + " is broken or cut off");
            if (next < 0) {
                return false;
            }
        } else if (number == 0) {
            nameLength = wireLength(name);
            mixed = DnsNames.lowerCase(name, 0);
        }
        if (end - next < TYPE_AND_CLASS) {
            return fail("question " + (number + 1) + " is cut off");
        }
        if (number == 0) {
            type = DnsInput.shortBe(bytes, next);
            dnsClass = DnsInput.shortBe(bytes, next + 2);
        }
        at = next + TYPE_AND_CLASS;
        return true;
    }

    private boolean records(int count, String what, boolean shown) {
        for (int i = 0; i < count; i++) {
            boolean written = shown && i < ANSWERS_MAX;
            int head = written ? readName(bytes, begin, end, at, texts.name) : skipName(bytes, end, at);
            if (head < 0) {
                return fail("the name of " + what + " " + (i + 1) + " of " + count + " is broken or cut off");
            }
            if (end - head < RECORD_HEAD) {
                return fail(what + " " + (i + 1) + " of " + count + " is cut off");
            }
            int data = head + RECORD_HEAD;
            int size = DnsInput.shortBe(bytes, head + 8);
            if (size > end - data) {
                return fail("the data of " + what + " " + (i + 1) + " of " + count + " go beyond the message");
            }
            int recordType = DnsInput.shortBe(bytes, head);
            if (recordType == DnsCodes.OPT && !shown) {
                readEdns(head, data, size);
            } else if (written && !texts.record(bytes, begin, head, data, data + size)) {
                error = "the data of answer " + (i + 1) + " of " + count + " are not of their type";
            }
            at = data + size;
        }
        return true;
    }

    private void readEdns(int head, int data, int size) {
        if (edns) {
            error = "there are two OPT records";
            return;
        }
        edns = true;
        udpSize = DnsInput.shortBe(bytes, head + 2);
        rcode |= (bytes[head + 4] & 0xff) << 4;
        ednsVersion = bytes[head + 5] & 0xff;
        dnssecOk = (bytes[head + 6] & 0x80) != 0;
        int option = data;
        int last = data + size;
        while (last - option >= 4) {
            if (optionCount < OPTIONS_MAX) {
                options[optionCount++] = DnsInput.shortBe(bytes, option);
            }
            option += 4 + DnsInput.shortBe(bytes, option + 2);
        }
        if (option != last) {
            error = "an EDNS option goes beyond its record";
        }
    }

    private static int wireLength(byte[] wire) {
        int length = 0;
        while (wire[length] != 0) {
            length += wire[length] + 1;
        }
        return length + 1;
    }

    /// Reads a name into `target`, as labels with lengths; gives the place after it, -1 where it is none.
    static int readName(byte[] bytes, int begin, int end, int from, byte[] target) {
        int at = from;
        int after = -1;
        int written = 0;
        // A pointer goes to before where the part that it ends began: so there are only so many.
        int lowest = from;
        while (at < end) {
            int size = bytes[at] & 0xff;
            if (size >= 0xc0) {
                if (at + 1 >= end) {
                    return -1;
                }
                int to = begin + ((size & 0x3f) << 8 | (bytes[at + 1] & 0xff));
                after = after < 0 ? at + 2 : after;
                if (to >= lowest) {
                    return -1;
                }
                lowest = to;
                at = to;
            } else if (size == 0) {
                target[written] = 0;
                return after < 0 ? at + 1 : after;
            } else if (size > 63 || at + size >= end || written + size + 1 >= DnsNames.WIRE_MAX) {
                return -1;
            } else {
                System.arraycopy(bytes, at, target, written, size + 1);
                written += size + 1;
                at += size + 1;
            }
        }
        return -1;
    }

    /// The place after a name, without looking where its pointer goes; -1 where it is none.
    static int skipName(byte[] bytes, int end, int from) {
        int at = from;
        while (at < end) {
            int size = bytes[at] & 0xff;
            if (size >= 0xc0) {
                return at + 1 < end ? at + 2 : -1;
            } else if (size == 0) {
                return at + 1;
            } else if (size > 63) {
                return -1;
            }
            at += size + 1;
        }
        return -1;
    }
}
