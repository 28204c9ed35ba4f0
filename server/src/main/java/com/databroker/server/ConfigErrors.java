package com.databroker.server;

import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/// Everything that is wrong with a configuration, as one text: each error with its place, the line
/// it stands on and a caret under it.
///
/// ```
/// databroker.yaml:4:5: http.prot: unknown key, did you mean "port"?
///      4 |     prot: 8080
///        |     ^^^^
/// ```
final class ConfigErrors {
    private static final int SHOWN_MAX = 100;
    private static final int WIDTH_MAX = 120;
    private static final int BEFORE_CARET = 60;
    // What the YAML reader counts as the end of a line, so that its lines are ours.
    private static final Pattern LINE_END = Pattern.compile("\r\n|\r|\n");

    private record Fault(ConfigPlace place, String message) {}

    private final List<Fault> faults = new ArrayList<>();
    private final List<ConfigPlace> secrets = new ArrayList<>();
    private String[] lines = {};

    /// The file that the places with a line refer to.
    void source(String text) {
        lines = LINE_END.split(text, -1);
    }

    /// From now on no line of the file is shown.
    void hideSource() {
        lines = new String[0];
    }

    /// What stands here is not shown.
    void hide(ConfigPlace secret) {
        secrets.add(secret);
    }

    void add(ConfigPlace place, String key, String message) {
        faults.add(new Fault(place, key.isEmpty() ? message : key + ": " + message));
    }

    boolean isEmpty() {
        return faults.isEmpty();
    }

    /// The complete text, the file's errors in the order of its lines.
    ProblemException exception() {
        faults.sort(Comparator.comparingInt((Fault fault) -> fault.place.line() == 0 ? 1 : 0)
                .thenComparingInt(fault -> fault.place.line())
                .thenComparingInt(fault -> fault.place.column()));
        StringBuilder text = new StringBuilder();
        List<Finding> findings = new ArrayList<>();
        for (Fault fault : faults.subList(0, Math.min(faults.size(), SHOWN_MAX))) {
            ConfigPlace place = fault.place;
            text.append(place).append(": ").append(fault.message).append('\n');
            quote(text, place);
            String message = place.line() == 0 ? place.name() + ": " + fault.message : fault.message;
            findings.add(new Finding(place.line(), place.column(), message));
        }
        if (faults.size() > SHOWN_MAX) {
            text.append("... and ").append(faults.size() - SHOWN_MAX).append(" more\n");
        }
        text.append(faults.size()).append(faults.size() == 1 ? " error" : " errors");
        return new ProblemException(Problem.CONFIGURATION_INVALID, text.toString(), findings);
    }

    private void quote(StringBuilder out, ConfigPlace place) {
        if (place.line() == 0 || place.line() > lines.length) {
            return;
        }
        int[] line = lines[place.line() - 1].codePoints().toArray();
        int column = Math.min(place.column(), line.length + 1);
        int from = line.length <= WIDTH_MAX ? 1 : Math.max(1, column - BEFORE_CARET);
        int to = Math.min(line.length, from + WIDTH_MAX - 1);
        out.append(String.format("%6d | ", place.line())).append(from > 1 ? "…" : "");
        for (int at = from; at <= to; at++) {
            out.appendCodePoint(shown(line[at - 1], place.line(), at));
        }
        out.append(to < line.length ? "…" : "");
        out.setLength(out.toString().stripTrailing().length());
        out.append('\n');
        int end = place.endLine() == place.line() ? Math.min(place.endColumn(), to + 1) : column + 1;
        out.append("       | ")
                .repeat(' ', column - from + (from > 1 ? 1 : 0))
                .repeat('^', Math.max(1, end - column))
                .append('\n');
    }

    private int shown(int codePoint, int line, int column) {
        if (secrets.stream().anyMatch(secret -> secret.contains(line, column))) {
            return '*';
        }
        // A tab takes one column, as the YAML reader counts it; nothing in the file drives the
        // terminal.
        int type = Character.getType(codePoint);
        boolean printable = type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.SURROGATE
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR;
        return printable ? codePoint : codePoint == '\t' ? ' ' : 0xFFFD;
    }
}
