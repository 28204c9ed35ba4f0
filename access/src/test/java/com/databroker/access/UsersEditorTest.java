package com.databroker.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import java.time.Instant;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class UsersEditorTest {
    private final RandomGenerator random = new SplittableRandom(3);
    private final NewToken first = NewToken.generate("first", null, List.of(), random);
    private final Bytes initial = UsersEditor.initial("admin", first);

    @Test
    void the_first_file_has_one_administrator_and_explains_itself() {
        UsersFile users = UsersFile.parse(initial);
        assertThat(users.users().keySet()).containsExactly("admin");
        assertThat(users.user("admin").orElseThrow().canAdminister(Instant.MIN)).isTrue();
        assertThat(users.anonymous()).isNull();
        assertThat(initial.utf8()).contains("<!-- ").contains(first.sha256()).doesNotContain(first.secret());
    }

    @Test
    void edits_are_valid_and_undoing_them_gives_the_same_bytes() {
        NewToken token = NewToken.generate(
                "a & b \"<c>\"",
                Instant.parse("2030-01-01T00:00:00Z"),
                List.of(Fixture.grant("publish", "builds/**"), Fixture.grant("subscribe", "builds/**")),
                random);
        Bytes withUser = UsersEditor.addUser(
                initial, "alice", List.of(Fixture.grant("read", "a/**"), Fixture.grant("write", "a/**")), List.of());
        Bytes withToken = UsersEditor.addToken(withUser, "alice", token);
        assertThat(withToken.utf8())
                .contains("\n    <grant action=\"read write\" pattern=\"a/**\"/>\n    <token id=\"" + token.id() + "\"")
                .contains(
                        "\n      <scope action=\"publish subscribe\" pattern=\"builds/**\"/>\n    </token>\n  </user>\n")
                .endsWith("  </user>\n</broker-users>\n");
        UserSummary alice =
                UsersFile.parse(withToken).user("alice").orElseThrow().summary();
        assertThat(alice.tokens())
                .containsExactly(new UserSummary.Token(token.label(), token.id(), token.expires(), token.scope()));
        assertThat(UsersEditor.revokeToken(withToken, "alice", token.id()).utf8())
                .isNotEqualTo(withToken.utf8());
        assertThat(UsersEditor.revokeToken(withToken, "alice", token.label()))
                .isEqualTo(UsersEditor.revokeToken(withToken, "alice", token.id()));
        assertThat(UsersEditor.removeUser(withToken, "alice")).isEqualTo(initial);
    }

    @Test
    void comments_and_layout_of_others_stay_as_they_are() {
        String file =
                "<?xml version='1.0'?>\r\n<!-- top ä -->\r\n<b:broker-users xmlns:b=\"urn:databroker:users:1\" >\r\n"
                        + "\t<!-- <user name=\"ghost\"/> --><b:user name='root'\r\n\t  ><!-- in -->"
                        + Fixture.xml(first).replace("<token", "<b:token")
                        + "<b:grant\taction='all' pattern='**'/></b:user><b:user name=\"self\" /><!-- end --></b:broker-users><!-- after -->";
        // Elements that we add have no prefix, so such a file is refused rather than quietly misread.
        assertThat(Fixture.refusal(() -> UsersEditor.addToken(
                                Bytes.utf8(file), "self", NewToken.generate("n", null, List.of(), random)))
                        .problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
        String plain = file.replace("b:", "").replace("xmlns:b", "xmlns");
        NewToken token = NewToken.generate("n", null, List.of(), random);
        String edited = UsersEditor.addToken(Bytes.utf8(plain), "self", token).utf8();
        String added = Fixture.xml(token);
        assertThat(edited).contains("<user name=\"self\">\r\n  " + added + "\r\n</user><!-- end -->");
        assertThat(edited.replace(">\r\n  " + added + "\r\n</user><!-- end", " /><!-- end"))
                .isEqualTo(plain);
        String removed = UsersEditor.removeUser(Bytes.utf8(edited), "self").utf8();
        assertThat(removed).isEqualTo(plain.replace("<user name=\"self\" />", ""));
    }

    @Test
    void an_edit_that_would_not_be_valid_is_refused() {
        assertThat(Fixture.refusal(() -> UsersEditor.removeUser(initial, "admin"))
                        .problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
        assertThat(Fixture.refusal(() -> UsersEditor.revokeToken(initial, "admin", "first"))
                        .problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
        assertThat(Fixture.refusal(() -> UsersEditor.addUser(initial, "admin", List.of(), List.of()))
                        .problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
        assertThat(Fixture.refusal(() -> UsersEditor.addUser(initial, "x\"/><y a=\"", List.of(), List.of()))
                        .problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
        assertThat(Fixture.refusal(() -> UsersEditor.addToken(initial, "admin", first))
                        .problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
        assertThat(Fixture.refusal(() -> UsersEditor.removeUser(initial, "admn"))
                        .detail())
                .isEqualTo("there is no user \"admn\"; did you mean \"admin\"?");
    }
}
