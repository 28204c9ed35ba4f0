package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NewsLanguageTest {
    @ParameterizedTest
    @CsvSource({
        "en,The council will vote on the new bridge before the end of the year",
        "de,Der Stadtrat stimmt noch in diesem Jahr über die neue Brücke ab",
        "fr,Le conseil municipal se prononcera sur le nouveau pont avant la fin de l'année",
        "es,El ayuntamiento votará sobre el nuevo puente antes de que termine el año",
        "it,Il consiglio comunale voterà sul nuovo ponte prima della fine dell'anno",
        "pt,A câmara municipal não vai votar a nova ponte antes do fim do ano",
        "nl,De gemeenteraad stemt nog voor het einde van het jaar over de nieuwe brug",
        "sv,Kommunfullmäktige röstar om den nya bron före årets slut och det är inte klart",
        "da,Byrådet stemmer om den nye bro inden årets udgang og det er ikke afgjort af kommunen",
        "fi,Kaupunginvaltuusto äänestää uudesta sillasta ennen vuoden loppua mutta se ei ole varmaa",
        "pl,Rada miasta zagłosuje w sprawie nowego mostu przed końcem roku i nie jest to pewne",
        "cs,Zastupitelstvo bude o novém mostu hlasovat do konce roku ale není to jisté",
        "hu,A városi tanács még az év vége előtt szavaz az új hídról és ez nem biztos",
        "tr,Belediye meclisi yıl sonundan önce yeni köprü için oylama yapacak ve bu çok önemli",
        "ro,Consiliul local va vota pentru noul pod până la sfârșitul anului și nu este sigur",
        "ru,Городской совет проголосует за новый мост до конца года и это не всё",
        "uk,Міська рада проголосує за новий міст до кінця року",
        "bg,Общинският съвет ще гласува за новия мост до края на годината",
        "el,Το δημοτικό συμβούλιο θα ψηφίσει για τη νέα γέφυρα",
        "he,מועצת העיר תצביע על הגשר החדש לפני סוף השנה",
        "ar,سيصوت مجلس المدينة على الجسر الجديد قبل نهاية العام",
        "ja,市議会は年内に新しい橋について採決する",
        "zh,市议会将在年底前就新桥进行表决",
        "ko,시의회는 연말 전에 새 다리에 대해 표결한다",
        "th,สภาเมืองจะลงมติเรื่องสะพานใหม่ก่อนสิ้นปี",
    })
    void a_sentence_is_enough(String language, String sentence) {
        NewsLanguage.Guess guess = NewsLanguage.detect(sentence);
        assertThat(guess).isNotNull().satisfies(found -> {
            assertThat(found.language()).isEqualTo(language);
            assertThat(found.confidence()).isBetween(0.0, 1.0);
        });
    }

    @Test
    void names_and_numbers_have_no_language() {
        assertThat(NewsLanguage.detect("")).isNull();
        assertThat(NewsLanguage.detect("2026 – 42 %")).isNull();
        assertThat(NewsLanguage.detect("XKCD QWRTZ")).isNull();
    }

    @Test
    void words_that_are_of_two_languages_alike_are_of_none() {
        assertThat(NewsLanguage.detect("og det er en")).isNull();
        assertThat(NewsLanguage.detect("v na je že s z do o to i za")).isNull();
    }
}
