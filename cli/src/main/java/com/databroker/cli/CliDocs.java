package com.databroker.cli;

import picocli.CommandLine.Help;

/// Writes `docs/reference/cli.md` from the definitions that the parser uses.
final class CliDocs {
    static final String PATH = "docs/reference/cli.md";

    private static final String HEAD = """
            # The command

            `./databroker VERB [OPTIONS] …`: `serve` runs a broker, every other verb talks to one that runs. Data goes to
            standard output, messages go to standard error. What goes wrong is told in up to three lines, `error:` with the
            number of the [problem](problems.md), `cause:` where there is more to say, and `try:` with the remedy.

            This page is generated from the program.

            ## Which broker

            1. `--url URL`, with `--token TOKEN` or `--token-file FILE`;
            2. the variables `DATABROKER_URL` and `DATABROKER_TOKEN`;
            3. the broker of a data folder on this machine, which leaves its address and the administrator's token there in
               `context.json` (mode 0600): `--data DIR`, else `DATABROKER_DATA`, else what the configuration says,
               `databroker-data` beside the program where it says nothing.

            So no option is needed on the machine on which the broker was started. A token that stands in a data folder is
            sent to the broker of that folder and to no other. Of such a broker the very certificate that it shows is trusted
            (`certificate.pem` beside it), whatever its name; of others those of the authorities of `--ca-file FILE`, else
            `DATABROKER_CA_FILE`, else those that Java trusts.

            ## Exit codes

            | Code | Meaning |
            |---|---|
            | 0 | done |
            | 1 | failed |
            | 2 | wrong usage: a malformed topic, pattern, path, position, name, grant, time, key, query or value, a field that there is not; an invalid configuration, or a broker that could not start |
            | 3 | not found |
            | 4 | not authenticated, or not permitted |
            | 5 | conflict: a precondition, a path that is taken, or a file that its validator refused |
            | 6 | nothing answers, not available, or timed out |
            | 130 | interrupted |

            `serve` ends with 0 after Ctrl-C or SIGTERM: an ordered end is not a failure. Where standard output cannot be
            written, as on a full disk, that is 1 with a message; where whoever read it has gone, as `head` does, it is 1
            without one.

            ## Variables

            | Variable | Meaning |
            |---|---|
            | `DATABROKER_URL` | address of the broker |
            | `DATABROKER_TOKEN` | token to enter with |
            | `DATABROKER_CA_FILE` | authorities that certificates of https addresses must be of, in PEM |
            | `DATABROKER_DATA` | data folder; as every [setting](configuration.md) |
            | `DATABROKER_CONFIG` | configuration file of `serve` and `config` |
            | `NO_COLOR` | no colour, where it is not empty; there is none anyway where standard error is no terminal |

            ## First start

            `serve` makes an administrator and prints its token on standard error, this once, also where that is not a
            terminal, and a link that signs in to the [console](console.md); the token stays in `admin.token` in the data
            folder (mode 0600). Delete that file, and the token in
            `context.json` with it at the next start, to keep it elsewhere.
            """;

    private CliDocs() {}

    static String page() {
        StringBuilder out = new StringBuilder(HEAD);
        for (Verbs.Entry entry : Verbs.ALL) {
            out.append("\n## `").append(entry.name()).append("`\n\n```\n");
            Verbs.command(entry.name(), Verbs.make(entry.name()))
                    .getUsageMessage(Help.Ansi.OFF)
                    .lines()
                    .forEach(line -> out.append(line.stripTrailing()).append('\n'));
            out.append("```\n");
        }
        return out.toString();
    }
}
