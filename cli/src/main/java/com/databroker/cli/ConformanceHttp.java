package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.jspecify.annotations.Nullable;

/// Over `POST /objects/rpc`: each frame is a request, its answer the next frame. What is refused as HTTP is
/// shown as the *failed* that it would be elsewhere.
final class ConformanceHttp extends ConformanceLink {
    private final HttpClient http;
    private final URI broker;
    private final @Nullable String token;

    ConformanceHttp(HttpClient http, URI broker, @Nullable String token, ObjectMessages form) {
        super(form);
        this.http = http;
        this.broker = broker;
        this.token = token;
    }

    @Override
    void send(Bytes bytes) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(broker + "/objects/rpc"))
                .timeout(PATIENCE)
                .header("Content-Type", form().mediaType())
                .POST(HttpRequest.BodyPublishers.ofByteArray(bytes.toArray()));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        HttpResponse<byte[]> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        Bytes body = Bytes.wrap(answer.body());
        if (answer.statusCode() == 200) {
            came(body);
        } else {
            ProblemException refused = ProblemDocument.read(answer.statusCode(), body);
            came(form().encode(new ObjectMessage.Failed(ObjectMessage.NO_ID, refused.problem(), refused.detail())));
        }
    }

    @Override
    public void close() {
        // Nothing stays open between requests.
    }
}
