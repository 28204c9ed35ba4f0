package com.databroker.server;

import java.io.IOException;
import org.apache.sshd.server.channel.ChannelSession;

/// What is done for a shell or a command that is not offered: saying so.
final class SshRefusal extends SshCommand {
    private final String why;

    SshRefusal(String why) {
        this.why = why;
    }

    @Override
    int run(ChannelSession channel, SshInbox inbox, SshOutput output) throws IOException {
        // A terminal that was made raw wants the carriage return too.
        output.say("databroker: " + why + "\r\n");
        return 1;
    }
}
