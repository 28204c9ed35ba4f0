package com.databroker.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Values within one another, by every codec, in requests, in answers and by themselves.
class DeepValuesTest {
    private static final ObjectRef ADA = ObjectRef.parse("Person/42");
    private static final ObjectPosition AT = ObjectPosition.parse("shop:7-8812");

    @ParameterizedTest
    @EnumSource
    void values_within_one_another_to_any_depth_are_no_trouble(ObjectMessages codec) {
        for (String kinds : List.of("m", "l", "ml")) {
            assertReadAsWritten(codec, Graphs.chain(kinds, 90_000));
        }
        for (String kinds : List.of("d", "M", "mLlMdD")) {
            // In JSON and BSON they take two or three levels each, and up to thirty bytes.
            assertReadAsWritten(codec, Graphs.chain(kinds, 15_000));
        }
    }

    private static void assertReadAsWritten(ObjectMessages codec, Object chain) {
        ObjectMessage.Call call = new ObjectMessage.Call(1, null, "T", "m", List.of(chain));
        ObjectMessage.Call back = (ObjectMessage.Call) codec.decodeRequest(codec.encode(call));
        assertThat(Graphs.areSame(chain, back.args().get(0))).isTrue();
        ObjectMessage.Ok ok = ObjectMessage.Ok.class.cast(codec.decodeAnswer(codec.encode(new ObjectMessage.Ok(
                1,
                1,
                List.of(new ObjectMessage.Row(ADA, "rw", 1, "t", Map.of("j", chain))),
                null,
                null,
                -1,
                List.of(),
                List.of(),
                AT))));
        assertThat(Graphs.areSame(chain, ok.rows().get(0).fields().get("j"))).isTrue();
        assertThat(Graphs.areSame(chain, codec.decodeValue(codec.encodeValue(chain))))
                .isTrue();
    }
}
