package com.databroker.sources;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Tells in which language a short text is written: by its script where that decides, else by the small
/// words that every sentence has, by endings, and by letters that others do not have.
///
/// Made for title and summary of news. It knows the languages of [#LANGUAGES] and those of the scripts in
/// [#byScript].
final class NewsLanguage {
    /// @param language by ISO 639-1
    /// @param confidence how far it is ahead of the next, 0 to 1
    record Guess(String language, double confidence) {}

    private record Language(String code, String words, String endings, String letters) {}

    /// Small words that Russian does not have.
    private static final Pattern BULGARIAN = Pattern.compile("(?U)\\b(се|ще|че|са|към|със|през|един|която|който)\\b");

    private static final int LENGTH_MAX = 8_192;
    private static final int LETTERS_MIN = 8;

    /// Nearer to one another, two languages are as good a guess.
    private static final double CONFIDENCE_MIN = 0.05;

    private static final double ENDING = 0.35;
    private static final double LETTER = 0.45;

    private static final List<Language> LANGUAGES = List.of(
            new Language(
                    "en",
                    "the of and to in a is that for it on with as was at by be this are from or an have not "
                            + "they which you"
                            + " his her has had but what all were when we there can been if more who will "
                            + "would about up out"
                            + " its their than into how after new your our my i he she just get like over "
                            + "says us why first"
                            + " now could some other only time year years most also no so do make use using "
                            + "did does being"
                            + " between during through where while against under because before since still "
                            + "back down off"
                            + " two three week day days world news says said man woman women",
                    "ing tion ed ly ness ght ould ers ent ive ious ies th sh ck",
                    ""),
            new Language(
                    "de",
                    "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch "
                            + "es an werden aus er"
                            + " hat dass sie nach wird bei einer um am sind noch wie einem über einen so "
                            + "zum war haben nur oder"
                            + " aber vor zur bis mehr durch man sein wurde wenn wir ich seine gegen vom "
                            + "kann jahr jahre uhr"
                            + " neue neuen unter wieder kein keine doch schon soll will können ihr euch dieser diese",
                    "ung lich keit isch chen sche ten ern heit",
                    "ßäöü"),
            new Language(
                    "fr",
                    "le la les de des du et en un une est que qui dans pour pas sur au avec il ce par plus "
                            + "ne se son sa ses aux"
                            + " sont mais ou nous vous cette on été être leur elle tout fait après ont "
                            + "comme deux sans entre je"
                            + " même aussi ces ans dont contre où très si bien peut lui depuis avait était l qu",
                    "eux ment tion aux eau ique elle oir aient ez",
                    "éèêàçùôîœ"),
            new Language(
                    "es",
                    "el la los las de del y en que un una por con para es se no su al lo como más pero sus "
                            + "le ha este si ya esta"
                            + " entre cuando muy sin sobre ser también me hasta hay donde desde todo nos "
                            + "durante todos uno les ni"
                            + " contra otros fue ese eso ante años han dos tras según e o así año cómo",
                    "ción ado idad ando iendo aron ento mente ores",
                    "ñóáíú¿¡"),
            new Language(
                    "it",
                    "il la le lo gli i di del della dei delle nel nella e in che un una per con non è si da "
                            + "sono al alla come più ma"
                            + " anche su ha questo questa dal dalla se ci o cui suo sua tra dopo stato anni "
                            + "essere sul sulla due"
                            + " ai alle degli dagli nei hanno ancora solo prima contro all dell l un' così già",
                    "zione ità ato are ento ione ando ere etti ella",
                    "àèìòù"),
            new Language(
                    "pt",
                    "o a os as de do da dos das e em no na nos nas que um uma por com para é se não ao mais "
                            + "como mas foi ele"
                            + " sua seu ou quando muito já está também só pelo pela até isso ela entre era "
                            + "depois sem mesmo aos"
                            + " ter seus quem sobre após são tem ser há você anos diz à",
                    "ção ções ado mente ando endo dade ar inho",
                    "ãõçáéêóú"),
            new Language(
                    "nl",
                    "de het een van en in is dat op te zijn met voor niet aan er om ook als dan maar bij "
                            + "nog uit naar door over ze"
                            + " hij hebben heeft of was wordt deze dit die worden kan tot je meer geen ik "
                            + "we wel al tegen na jaar"
                            + " werd wat zich onder moet onze hun zo veel zal",
                    "ijk ing heid aar oor lijk sche eren oen ijn",
                    ""),
            new Language(
                    "sv",
                    "och i att det som en på är av för med den till inte om ett han har de var från så kan "
                            + "men sig nu ut när"
                            + " ska efter vid hade mot skulle man blir här också under där eller få år vi "
                            + "jag än alla sin mer"
                            + " detta hon nya över varit",
                    "ning ade are het ligt erna orna ande",
                    "åäö"),
            new Language(
                    "da",
                    "og i at det er en til på som for med den af de ikke der har et var om han fra kan vil "
                            + "men jeg sig så skal"
                            + " efter ved havde være nu blev ud være mod også hun end år siger her eller "
                            + "mere nye når blevet over"
                            + " bliver hvor under",
                    "ning ede else lig ende hed erne",
                    "æøå"),
            new Language(
                    "no",
                    "og i å det er en til på som for med den av de ikke har et var om han fra kan vil men "
                            + "jeg seg så skal"
                            + " etter ved hadde være nå ble ut mot også hun enn år sier her eller mer nye "
                            + "når blitt over"
                            + " blir hvor under dette sin bare ei ikkje",
                    "ning ene else lig ende het",
                    "æøå"),
            new Language(
                    "fi",
                    "ja on ei se että oli hän ovat mutta kun myös kuin tai jos niin sen vain mukaan ole jo "
                            + "vuoden nyt joka ovat"
                            + " olla mitä kaikki jonka vielä voi vuotta noin sekä jälkeen eivät ollut tämä "
                            + "hänen ne sitä mikä",
                    "ssa ssä sta stä lla llä een iin nen aan ään tta ttä",
                    "äö"),
            new Language(
                    "pl",
                    "i w na z się do nie to że o jest po jak za od dla przez są ale co tym przed tego być "
                            + "był czy już ze lub"
                            + " oraz może tylko tak jego jej przy które który która nad bez pod będzie roku "
                            + "lat było ich",
                    "nie ych ego ów owa ski ość ach ami ć",
                    "ąęłńśźżć"),
            new Language(
                    "cs",
                    "a v se na je že s z do o to i za pro jako k by ve po od který jsou ale jeho které nebo "
                            + "podle ze tak už při"
                            + " jen byl si bude také až která co přes mezi jsem není ho být byla roku let",
                    "ní ého ých ová ost ých ího ům",
                    "řěůčšžý"),
            new Language(
                    "sk",
                    "a v sa na je že s z do o to i za pre ako k by vo po od ktorý sú ale jeho ktoré alebo "
                            + "podľa zo tak už pri"
                            + " len bol si bude aj až ktorá čo cez medzi som nie ho byť bola roku rokov "
                            + "nový tiež ich ktorí bez",
                    "ní ého ých ová osť ých ím ého ného",
                    "ľĺŕôäčšžťďň"),
            new Language(
                    "af",
                    "die en van in is het dat op te nie met vir hy sy sê om aan was word ook as na hulle "
                            + "oor by uit deur maar"
                            + " wat kan jaar nog een sal moet wees gaan ons hom daar suid",
                    "ing heid lik asie",
                    "êëô"),
            new Language(
                    "hu",
                    "a az és hogy nem is egy ez meg de van csak mint volt azt már még el ki le azonban után "
                            + "szerint lehet kell"
                            + " pedig minden vagy ha most lesz ezt sem között évi mert akik ami aki által több",
                    "ban ben nak nek ság ség ról ről tól hoz ások",
                    "őűáéíöü"),
            new Language(
                    "tr",
                    "ve bir bu da de için ile olarak çok daha olan gibi ne en kadar sonra var mı ama o her "
                            + "ya iki değil yeni göre"
                            + " ise olduğu yok ki bin yıl büyük ilk kendi diye",
                    "lar ler dir dır mak mek yor ında inde ların lerin dan den",
                    "ğışç"),
            new Language(
                    "ro",
                    "de și în a la cu pe care din că nu un o este sunt mai pentru sa fi au ca ce fost le am "
                            + "după prin fost dar"
                            + " până sau său lui al ale cum fără unei unui despre între ani",
                    "ului ilor elor ție ate ește ează are",
                    "ășțâî"),
            new Language(
                    "id",
                    "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena "
                            + "tersebut bisa ada mereka lebih"
                            + " telah sudah saat oleh atau kata sebagai kami para bahwa adalah dia orang tahun",
                    "kan nya ang",
                    ""),
            new Language(
                    "ca",
                    "el la els les de del i a en que un una per amb és no al com més ha va ser seva seu "
                            + "aquest aquesta també però"
                            + " dels pel han sobre fins què són o dos anys",
                    "ció itat ment at",
                    "àèòçï"));

    private static final Map<String, double[]> WORDS = new HashMap<>();
    private static final Map<String, double[]> ENDINGS = new HashMap<>();
    private static final Map<Character, double[]> LETTERS = new HashMap<>();

    static {
        for (int i = 0; i < LANGUAGES.size(); i++) {
            Language language = LANGUAGES.get(i);
            for (String word : language.words.split("[ ']+", -1)) {
                WORDS.computeIfAbsent(word, absent -> new double[LANGUAGES.size()])[i] = 1;
            }
            for (String ending : language.endings.split(" ", -1)) {
                ENDINGS.computeIfAbsent(ending, absent -> new double[LANGUAGES.size()])[i] = ENDING;
            }
            for (char letter : language.letters.toCharArray()) {
                LETTERS.computeIfAbsent(letter, absent -> new double[LANGUAGES.size()])[i] = LETTER;
            }
        }
        WORDS.values().forEach(NewsLanguage::share);
        ENDINGS.values().forEach(NewsLanguage::share);
        LETTERS.values().forEach(NewsLanguage::share);
    }

    private NewsLanguage() {}

    /// What many languages have says less of each.
    private static void share(double[] weights) {
        double sharers = Arrays.stream(weights).filter(weight -> weight > 0).count();
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= Math.sqrt(sharers);
        }
    }

    /// Null where there is too little to tell.
    static @Nullable Guess detect(String text) {
        String head = text.substring(0, Math.min(text.length(), LENGTH_MAX)).toLowerCase(Locale.ROOT);
        Map<Character.UnicodeScript, Integer> scripts = new HashMap<>();
        int letters = 0;
        for (int i = 0; i < head.length(); i++) {
            if (Character.isLetter(head.charAt(i))) {
                scripts.merge(Character.UnicodeScript.of(head.charAt(i)), 1, Integer::sum);
                letters++;
            }
        }
        Guess byScript = byScript(head, scripts, letters);
        if (byScript != null) {
            return byScript;
        }
        return letters < LETTERS_MIN ? null : byWords(head);
    }

    private static int count(Map<Character.UnicodeScript, Integer> scripts, Character.UnicodeScript script) {
        return scripts.getOrDefault(script, 0);
    }

    private static @Nullable Guess byScript(String text, Map<Character.UnicodeScript, Integer> scripts, int letters) {
        int kana = count(scripts, Character.UnicodeScript.HIRAGANA) + count(scripts, Character.UnicodeScript.KATAKANA);
        int han = count(scripts, Character.UnicodeScript.HAN);
        // A character of these says more than a letter.
        if (3 * (kana + han) > letters && kana + han >= 2) {
            boolean japanese = 20 * kana > kana + han;
            return new Guess(japanese ? "ja" : "zh", Math.min(1, 2.0 * (kana + han) / letters));
        }
        if (3 * count(scripts, Character.UnicodeScript.HANGUL) > letters) {
            return new Guess("ko", Math.min(1, 2.0 * count(scripts, Character.UnicodeScript.HANGUL) / letters));
        }
        for (Map.Entry<Character.UnicodeScript, Integer> entry : scripts.entrySet()) {
            if (2 * entry.getValue() > letters && letters >= LETTERS_MIN) {
                String language = language(text, entry.getKey());
                return language == null ? null : new Guess(language, 1.0 * entry.getValue() / letters);
            }
        }
        return null;
    }

    /// Null for scripts of many languages.
    private static @Nullable String language(String text, Character.UnicodeScript script) {
        return switch (script) {
            case CYRILLIC -> cyrillic(text);
            case GREEK -> "el";
            case HEBREW -> "he";
            case ARABIC -> has(text, "پچژگ") ? "fa" : "ar";
            case THAI -> "th";
            case DEVANAGARI -> "hi";
            case BENGALI -> "bn";
            case TAMIL -> "ta";
            case TELUGU -> "te";
            case GEORGIAN -> "ka";
            case ARMENIAN -> "hy";
            default -> null;
        };
    }

    private static String cyrillic(String text) {
        if (has(text, "іїєґ")) {
            return has(text, "ўы") ? "be" : "uk";
        }
        if (has(text, "ђћљњџј")) {
            return "sr";
        }
        boolean bulgarian = BULGARIAN.matcher(text).find() && !has(text, "ыэё");
        return bulgarian ? "bg" : "ru";
    }

    private static boolean has(String text, String any) {
        return any.chars().anyMatch(letter -> text.indexOf(letter) >= 0);
    }

    private static @Nullable Guess byWords(String text) {
        double[] scores = new double[LANGUAGES.size()];
        for (String word : text.split("[^\\p{L}]+", -1)) {
            add(scores, WORDS.get(word));
            for (int length = 2; length <= 5 && length < word.length() - 1; length++) {
                add(scores, ENDINGS.get(word.substring(word.length() - length)));
            }
            for (int i = 0; i < word.length(); i++) {
                if (word.charAt(i) > 0x7F) {
                    add(scores, LETTERS.get(word.charAt(i)));
                }
            }
        }
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        double next = 0;
        for (int i = 0; i < scores.length; i++) {
            next = i == best ? next : Math.max(next, scores[i]);
        }
        double confidence = (scores[best] - next) / (scores[best] + 0.5);
        // A word or two is chance.
        return scores[best] < 0.5 || confidence < CONFIDENCE_MIN
                ? null
                : new Guess(LANGUAGES.get(best).code, confidence);
    }

    private static void add(double[] scores, double @Nullable [] weights) {
        for (int i = 0; weights != null && i < scores.length; i++) {
            scores[i] += weights[i];
        }
    }
}
