package com.databroker.server;

import java.util.Map;
import org.apache.sshd.common.channel.PtyMode;
import org.apache.sshd.common.channel.RequestHandler;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.channel.ChannelSession;

/// A channel on which a client asks for SFTP or rsync. What it says about its terminal and its environment is
/// heard and forgotten.
final class SshChannel extends ChannelSession {
    @Override
    protected RequestHandler.Result handleEnvParsed(String name, String value) {
        return RequestHandler.Result.ReplyFailure;
    }

    @Override
    protected RequestHandler.Result handlePtyReqParsed(
            String term, int columns, int rows, int width, int height, Map<PtyMode, Integer> modes) {
        return RequestHandler.Result.ReplySuccess;
    }

    @Override
    protected RequestHandler.Result handleAgentForwarding(String type, Buffer buffer, boolean wantReply) {
        return RequestHandler.Result.ReplyFailure;
    }

    @Override
    protected RequestHandler.Result handleX11Forwarding(String type, Buffer buffer, boolean wantReply) {
        return RequestHandler.Result.ReplyFailure;
    }
}
