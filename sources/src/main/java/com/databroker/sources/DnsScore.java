package com.databroker.sources;

/// Says how random a label looks: how many bits it takes to tell each letter by the one before it, with a
/// table of how often letters follow one another in English words.
///
/// The table was counted in four fifths of the words of SCOWL's American list, those of three letters and
/// more; a word may be followed by another without anything between, as in names of hosts; how often digits
/// and hyphens come was assumed. Threshold and slope are those that best told the other words, alone, by
/// twos and with numbers, from labels of 7 to 15 letters and digits drawn by lot: of both about 1.5 in 100
/// are on the wrong side of 0.5.
final class DnsScore {
    private static final int DIGIT = 26;
    private static final int OTHER = 27;
    private static final int EDGE = 28;
    private static final double THRESHOLD_BITS = 4.8;
    private static final double SLOPE = 2.0;

    /// Row: what came before; column: what comes; a to z, digit, anything else, edge of the label. Half
    /// bits, in base 36.
    private static final String[] HALF_BITS = {
        "j989fdafajc696jak686bcdgcfgbb",
        "6agg6jmi7gn5gh6jp7af7jjpdsgbd",
        "6kck7ll68p79km5ji8d89nntdmgbb",
        "8dcb5ece6giade9dka8eafeqelgb4",
        "9ea6bcdfdjh9b7ebh559fdeceigb8",
        "7iik67kj5nn7jj6jq7ca7olrbrgbc",
        "7dde6fa98ij9db9dl79d9ifpdkgb4",
        "5egg4gjh5kjcde6gnab99lesangb9",
        "9c8a8caljmg9a48cia78gbmhpbgbe",
        "4mlm5mmm8mjmmm5jmmjm4mjmmmgbf",
        "8dff4ehc5ie9eaaenc6fcldqaogb7",
        "6fec5fgh5me7eg7eoh9bafim7ngb9",
        "59fi5gli5onf9e77mh9i9kjsepgb9",
        "8f887c5f8hcfgbafhf76cehlfjgb8",
        "bbabedagbkd88599k6997bafehgbc",
        "6hhi5ij87mj7hi68r69a9pitesgbb",
        "fillllllgmmflmjlmlll0mjmmmgbf",
        "6cba5ecf6jdcbb7dka79aegobmgb8",
        "ad9d8ef98idbbda9ge86ahdqemgb4",
        "7fch5gh85llbfg8gp88aaketbhgb8",
        "9a9a9dak9kg786ean667lhmhjggbe",
        "5mlk2mlk4qqinm8lqigkdhprgqgbe",
        "5dhc5fh85neaf96fpa9fgnjqfjgba",
        "8g7h6hha5klgfia6jgf6adgcbjgb7",
        "9b9b9dcd9hgaaab9ja7bdgdijhgb3",
        "6ghi3kje5miafi8gniggdhgoc8gba",
        "ccbcddeddhhecffbjcadfgeokl893",
        "8878a9aaadda9cb8g979bcbkghcbk",
        "887899aa9dda8bb8f869bcbkghekk"
    };

    private static final double[][] BITS = bits();

    private DnsScore() {}

    private static double[][] bits() {
        double[][] bits = new double[EDGE + 1][EDGE + 1];
        for (int row = 0; row <= EDGE; row++) {
            for (int column = 0; column <= EDGE; column++) {
                bits[row][column] = Character.digit(HALF_BITS[row].charAt(column), 36) / 2.0;
            }
        }
        return bits;
    }

    private static int symbol(byte each) {
        if (each >= 'a' && each <= 'z') {
            return each - 'a';
        }
        return each >= '0' && each <= '9' ? DIGIT : OTHER;
    }

    /// From 0, which words have, to 1; short labels tell little and are near the middle.
    static double of(byte[] bytes, int offset, int size) {
        if (size == 0) {
            return 0;
        }
        int before = EDGE;
        double sum = 0;
        for (int i = 0; i < size; i++) {
            int next = symbol(bytes[offset + i]);
            sum += BITS[before][next];
            before = next;
        }
        double mean = (sum + BITS[before][EDGE]) / (size + 1);
        return 1 / (1 + Math.exp(-SLOPE * (mean - THRESHOLD_BITS) * Math.sqrt(size)));
    }

    /// Shannon entropy of a name's bytes, in bits for each; its labels have lengths before them.
    static double entropy(byte[] wire, int[] counts) {
        int total = 0;
        for (int at = 0; wire[at] != 0; at += wire[at] + 1) {
            for (int i = 1; i <= wire[at]; i++) {
                counts[wire[at + i] & 0xff]++;
                total++;
            }
        }
        double sum = 0;
        for (int i = 0; i < counts.length && total > 0; i++) {
            if (counts[i] > 0) {
                double share = (double) counts[i] / total;
                sum -= share * Math.log(share);
                counts[i] = 0;
            }
        }
        return sum / Math.log(2);
    }
}
