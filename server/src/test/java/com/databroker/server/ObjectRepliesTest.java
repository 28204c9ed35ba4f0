package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.AbstractList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ObjectRepliesTest {
    @Test
    void whatever_is_thrown_is_an_answer_with_the_number_of_the_request() {
        ObjectMessage.Reply overflown = ObjectReplies.of(new ObjectMessage.Types(7), () -> {
            throw new StackOverflowError();
        });
        assertThat(overflown).isInstanceOfSatisfying(ObjectMessage.Failed.class, failed -> {
            assertThat(failed.id()).isEqualTo(7);
            assertThat(failed.problem()).isEqualTo(Problem.INTERNAL);
        });
        ObjectMessage.Reply refused = ObjectReplies.of(new ObjectMessage.Types(8), () -> {
            throw new ProblemException(Problem.FORBIDDEN, "not you");
        });
        assertThat(refused).isEqualTo(new ObjectMessage.Failed(8, Problem.FORBIDDEN, "not you"));
    }

    @ParameterizedTest
    @EnumSource
    void an_answer_that_cannot_be_written_is_one_that_says_so(ObjectMessages form) {
        List<Object> endless = new AbstractList<>() {
            @Override
            public Object get(int index) {
                throw new StackOverflowError();
            }

            @Override
            public int size() {
                return 1;
            }
        };
        ObjectMessage.Ok ok =
                new ObjectMessage.Ok(7, 0, List.of(), endless, null, -1, List.of(), List.of(), ObjectPosition.NONE);
        assertThat(form.decodeAnswer(ObjectReplies.frame(form, 7, ok)))
                .isInstanceOfSatisfying(ObjectMessage.Failed.class, failed -> {
                    assertThat(failed.id()).isEqualTo(7);
                    assertThat(failed.problem()).isEqualTo(Problem.INTERNAL);
                });
    }
}
