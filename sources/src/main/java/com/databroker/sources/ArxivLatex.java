package com.databroker.sources;

import java.text.Normalizer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// LaTeX as people write it in titles, names and abstracts, as text to be read and searched: accents and
/// letters in Unicode, signs of mathematics where Unicode has them, everything else without its backslash.
///
/// It is no TeX: nothing is expanded, so what comes out is never much longer than what went in.
final class ArxivLatex {
    private static final int DEPTH_MAX = 32;

    /// Accents, as the character that Unicode puts behind the letter.
    private static final Map<Character, Character> ACCENTS = Map.ofEntries(
            Map.entry('\'', '\u0301'),
            Map.entry('`', '\u0300'),
            Map.entry('^', '\u0302'),
            Map.entry('"', '\u0308'),
            Map.entry('~', '\u0303'),
            Map.entry('=', '\u0304'),
            Map.entry('.', '\u0307'),
            Map.entry('u', '\u0306'),
            Map.entry('v', '\u030c'),
            Map.entry('H', '\u030b'),
            Map.entry('c', '\u0327'),
            Map.entry('k', '\u0328'),
            Map.entry('r', '\u030a'),
            Map.entry('d', '\u0323'),
            Map.entry('b', '\u0331'));

    private static final Map<String, String> SIGNS = new HashMap<>();

    /// Commands that say how, not what: only their argument stays.
    private static final Set<String> SILENT = Set.of(
            "left",
            "right",
            "big",
            "Big",
            "bigg",
            "Bigg",
            "bigl",
            "bigr",
            "rm",
            "it",
            "bf",
            "tt",
            "sl",
            "sc",
            "sf",
            "em",
            "cal",
            "emph",
            "text",
            "textrm",
            "textit",
            "textbf",
            "texttt",
            "textsc",
            "textsf",
            "textsl",
            "mathrm",
            "mathit",
            "mathbf",
            "mathsf",
            "mathtt",
            "mathcal",
            "mathbb",
            "mathfrak",
            "mathscr",
            "boldsymbol",
            "bm",
            "mbox",
            "hbox",
            "operatorname",
            "textup",
            "textnormal",
            "ensuremath",
            "displaystyle",
            "textstyle",
            "limits",
            "nolimits",
            "underline",
            "overline",
            "bar",
            "hat",
            "tilde",
            "widetilde",
            "widehat",
            "vec",
            "dot",
            "ddot",
            "url",
            "path",
            "uppercase",
            "lowercase",
            "protect",
            "noindent",
            "footnotesize",
            "small",
            "large",
            "mathop",
            "rightarrow*",
            "phantom",
            "hspace",
            "vspace",
            "mathord",
            "mathbin",
            "mathrel",
            "textsuperscript");

    /// Commands whose argument is for machines.
    private static final Set<String> DROPPED = Set.of("cite", "citep", "citet", "label", "ref", "eqref", "footnote");

    static {
        signs("ss ß ae æ AE Æ oe œ OE Œ aa å AA Å o ø O Ø l ł L Ł i ı j ȷ dh ð DH Ð th þ TH Þ dj đ DJ Đ ng ŋ NG Ŋ");
        signs("S § P ¶ copyright © pounds £ dag † ddag ‡ dagger † ddagger ‡ degree ° textdegree ° textregistered ®");
        signs("alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta ϑ iota ι kappa κ");
        signs("lambda λ mu μ nu ν xi ξ pi π varpi ϖ rho ρ varrho ϱ sigma σ varsigma ς tau τ upsilon υ phi φ");
        signs("varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ");
        signs("Psi Ψ Omega Ω times × div ÷ pm ± mp ∓ cdot · ast ∗ star ⋆ circ ∘ bullet • leq ≤ le ≤ geq ≥ ge ≥");
        signs("ll ≪ gg ≫ neq ≠ ne ≠ approx ≈ sim ∼ simeq ≃ equiv ≡ cong ≅ propto ∝ lesssim ≲ gtrsim ≳ lsim ≲ gsim ≳");
        signs("to → rightarrow → longrightarrow ⟶ leftarrow ← leftrightarrow ↔ Rightarrow ⇒ Leftrightarrow ⇔ iff ⇔");
        signs("mapsto ↦ uparrow ↑ downarrow ↓ infty ∞ partial ∂ nabla ∇ sum ∑ prod ∏ int ∫ oint ∮ sqrt √ forall ∀");
        signs("exists ∃ in ∈ notin ∉ ni ∋ subset ⊂ supset ⊃ subseteq ⊆ supseteq ⊇ cup ∪ cap ∩ emptyset ∅ setminus ∖");
        signs("oplus ⊕ otimes ⊗ wedge ∧ vee ∨ neg ¬ perp ⊥ parallel ∥ mid | vert | Vert ‖ angle ∠ ell ℓ hbar ℏ Re ℜ");
        signs("Im ℑ aleph ℵ prime ′ ldots … dots … cdots … langle ⟨ rangle ⟩ lbrace { rbrace } lfloor ⌊ rfloor ⌋");
        signs("lceil ⌈ rceil ⌉ odot ⊙ sun ☉ textendash – textemdash — textbackslash \\ "
                + "textasciitilde ~ slash / backslash \\");
        signs("euro € texteuro € triangle △ square □ Box □ sharp ♯ flat ♭ rtimes ⋊ ltimes ⋉ "
                + "hookrightarrow ↪ models ⊨");
    }

    private final String text;
    private final StringBuilder out;
    private int at;

    private ArxivLatex(String text) {
        this.text = text;
        this.out = new StringBuilder(text.length());
    }

    private static void signs(String pairs) {
        String[] words = pairs.split(" ", -1);
        for (int i = 0; i < words.length; i += 2) {
            SIGNS.put(words[i], words[i + 1]);
        }
    }

    /// The text without LaTeX, in one line.
    static String plain(String text) {
        boolean none =
                text.chars().noneMatch(c -> c == '\\' || c == '$' || c == '{' || c == '~' || c == '`' || c == '-');
        if (none) {
            return ArxivText.oneLine(text);
        }
        ArxivLatex latex = new ArxivLatex(text);
        latex.run('\0', 0);
        return ArxivText.oneLine(Normalizer.normalize(latex.out, Normalizer.Form.NFC));
    }

    /// Reads until `end`, or to the end of the text where it does not come.
    private void run(char end, int depth) {
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == end) {
                return;
            }
            switch (c) {
                case '\\' -> command(depth);
                case '{' -> group(depth);
                case '$', '}' -> {}
                case '~' -> out.append(' ');
                case '`', '\'' -> quote(c);
                case '-' -> dash();
                default -> out.append(c);
            }
        }
    }

    private void group(int depth) {
        if (depth < DEPTH_MAX) {
            run('}', depth + 1);
        }
    }

    private boolean isNext(char c) {
        return at < text.length() && text.charAt(at) == c;
    }

    private void quote(char c) {
        if (isNext(c)) {
            at++;
            out.append(c == '`' ? '“' : '”');
        } else {
            out.append(c == '`' ? '‘' : c);
        }
    }

    private void dash() {
        int dashes = 1;
        while (dashes < 3 && isNext('-')) {
            at++;
            dashes++;
        }
        out.append(dashes == 1 ? '-' : dashes == 2 ? '–' : '—');
    }

    private void command(int depth) {
        if (at == text.length()) {
            return;
        }
        char c = text.charAt(at);
        if (!isLetter(c)) {
            at++;
            sign(c, depth);
            return;
        }
        int begin = at;
        while (at < text.length() && isLetter(text.charAt(at))) {
            at++;
        }
        String name = text.substring(begin, at);
        Character accent = name.length() == 1 ? ACCENTS.get(name.charAt(0)) : null;
        if (accent != null && hasArgument()) {
            accent(accent, depth);
            return;
        }
        String sign = SIGNS.get(name);
        if (sign != null) {
            out.append(sign);
            blankAfter(name);
        } else if (name.equals("frac") || name.equals("tfrac") || name.equals("dfrac")) {
            argument(depth);
            out.append('/');
            argument(depth);
        } else if (name.equals("href")) {
            drop(depth);
            argument(depth);
        } else if (DROPPED.contains(name)) {
            drop(depth);
        } else if (name.equals("quad") || name.equals("qquad")) {
            out.append(' ');
        } else if (SILENT.contains(name)) {
            skipSpaces();
        } else {
            out.append(name);
        }
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    /// TeX takes the blanks after a command away; between a sign and a word they are wanted, within a word
    /// not.
    private void blankAfter(String name) {
        int begin = at;
        skipSpaces();
        boolean letterOfWord = name.length() <= 2 && Character.isLetter(out.charAt(out.length() - 1));
        if (at > begin && !letterOfWord && !(isNext('{') && at + 1 < text.length() && text.charAt(at + 1) == '}')) {
            out.append(' ');
        }
    }

    private void skipSpaces() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private boolean hasArgument() {
        return at < text.length() && (text.charAt(at) == '{' || text.charAt(at) == ' ' || text.charAt(at) == '\\');
    }

    private void sign(char c, int depth) {
        Character accent = ACCENTS.get(c);
        switch (c) {
            case ',', ';', ':', ' ', '\n', '\\', '/' -> out.append(' ');
            case '!', '-', '(', ')', '[', ']' -> {}
            default -> {
                if (accent == null) {
                    out.append(c);
                } else {
                    accent(accent, depth);
                }
            }
        }
    }

    /// Puts the accent behind the first letter of what follows; Unicode makes one character of both in the
    /// end.
    private void accent(char accent, int depth) {
        skipSpaces();
        int begin = out.length();
        argument(depth);
        if (out.length() > begin) {
            char letter = out.charAt(begin);
            if (letter == 'ı' || letter == 'ȷ') {
                out.setCharAt(begin, letter == 'ı' ? 'i' : 'j');
            }
            if (Character.isLetter(letter)) {
                out.insert(begin + 1, accent);
            }
        }
    }

    /// What a command applies to: a group, a command or one character.
    private void argument(int depth) {
        skipSpaces();
        if (at == text.length()) {
            return;
        }
        char c = text.charAt(at++);
        if (c == '{') {
            group(depth);
        } else if (c == '\\' && depth < DEPTH_MAX) {
            command(depth + 1);
        } else if (c == '$' || c == '}') {
            at--;
        } else {
            out.append(c);
        }
    }

    private void drop(int depth) {
        int begin = out.length();
        argument(depth);
        out.setLength(begin);
    }
}
