package com.databroker.streams;

import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.cjk.CJKBigramFilter;
import org.apache.lucene.analysis.cjk.CJKWidthFilter;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;

/// Makes words of text: in lower case, without accents, English ones without their endings; of Chinese,
/// Japanese and Korean every two neighbouring characters.
///
/// No word is left out as too frequent: "to be or not to be" is found.
final class LuceneText extends Analyzer {
    static final LuceneText ANALYZER = new LuceneText();

    /// Between two texts of a list, so that no phrase begins in one and ends in the next.
    static final int GAP = 100;

    private LuceneText() {}

    @Override
    protected TokenStreamComponents createComponents(String field) {
        StandardTokenizer words = new StandardTokenizer();
        TokenStream stream = new EnglishPossessiveFilter(words);
        stream = new CJKWidthFilter(stream);
        stream = new LowerCaseFilter(stream);
        stream = new CJKBigramFilter(stream);
        stream = new ASCIIFoldingFilter(stream);
        return new TokenStreamComponents(words, new PorterStemFilter(stream));
    }

    /// For words that are only known in part, which therefore keep their endings.
    @Override
    protected TokenStream normalize(String field, TokenStream word) {
        return new ASCIIFoldingFilter(new LowerCaseFilter(new CJKWidthFilter(word)));
    }

    @Override
    public int getPositionIncrementGap(String field) {
        return GAP;
    }
}
