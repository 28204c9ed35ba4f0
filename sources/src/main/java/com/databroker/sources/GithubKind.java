package com.databroker.sources;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The types of events. Webhooks name them `pull_request`, the API `PullRequestEvent`: here they are all
/// called as the API does. A webhook that came without its headers says what it is by the members that it
/// has.
final class GithubKind {
    static final String UNKNOWN = "UnknownEvent";

    /// A type, and the members that only it has, where none of those before it has been found.
    private record Rule(String type, List<String> members) {
        Rule(String type, String... members) {
            this(type, List.of(members));
        }
    }

    private static final List<Rule> RULES = List.of(
            new Rule("PingEvent", "zen"),
            new Rule("MetaEvent", "hook"),
            new Rule("CheckRunEvent", "check_run"),
            new Rule("CheckSuiteEvent", "check_suite"),
            new Rule("DeploymentReviewEvent", "workflow_job_run"),
            new Rule("DeploymentStatusEvent", "deployment_status"),
            new Rule("DeploymentEvent", "deployment"),
            new Rule("DiscussionCommentEvent", "discussion", "comment"),
            new Rule("DiscussionEvent", "discussion"),
            new Rule("IssueCommentEvent", "issue", "comment"),
            new Rule("PullRequestReviewCommentEvent", "pull_request", "comment"),
            new Rule("PullRequestReviewEvent", "pull_request", "review"),
            new Rule("PullRequestReviewThreadEvent", "pull_request", "thread"),
            new Rule("PullRequestEvent", "pull_request"),
            new Rule("CommitCommentEvent", "comment"),
            new Rule("IssuesEvent", "issue"),
            new Rule("ReleaseEvent", "release"),
            new Rule("MilestoneEvent", "milestone"),
            new Rule("LabelEvent", "label"),
            new Rule("ProjectCardEvent", "project_card"),
            new Rule("ProjectColumnEvent", "project_column"),
            new Rule("ProjectEvent", "project"),
            new Rule("ProjectsV2ItemEvent", "projects_v2_item"),
            new Rule("ProjectsV2Event", "projects_v2"),
            new Rule("PackageEvent", "package"),
            new Rule("RegistryPackageEvent", "registry_package"),
            new Rule("WorkflowJobEvent", "workflow_job"),
            new Rule("WorkflowRunEvent", "workflow_run"),
            new Rule("WorkflowDispatchEvent", "workflow"),
            new Rule("GollumEvent", "pages"),
            new Rule("PageBuildEvent", "build"),
            new Rule("ForkEvent", "forkee"),
            new Rule("BranchProtectionRuleEvent", "rule"),
            new Rule("MarketplacePurchaseEvent", "marketplace_purchase"),
            new Rule("SponsorshipEvent", "sponsorship"),
            new Rule("OrgBlockEvent", "blocked_user"),
            new Rule("OrganizationEvent", "invitation"),
            new Rule("OrganizationEvent", "membership"),
            new Rule("MembershipEvent", "member", "team"),
            new Rule("MemberEvent", "member"),
            new Rule("TeamEvent", "team", "action"),
            new Rule("TeamAddEvent", "team"),
            new Rule("DeployKeyEvent", "key"),
            new Rule("InstallationRepositoriesEvent", "repositories_added"),
            new Rule("PushEvent", "pusher", "before"),
            new Rule("CreateEvent", "ref_type", "master_branch"),
            new Rule("DeleteEvent", "ref_type"),
            new Rule("StatusEvent", "sha", "context"),
            new Rule("CodeScanningAlertEvent", "alert", "commit_oid"),
            new Rule("SecretScanningAlertLocationEvent", "alert", "location"),
            new Rule("DependabotAlertEvent", "alert"),
            new Rule("StarEvent", "starred_at"),
            new Rule("RepositoryDispatchEvent", "client_payload"));

    private GithubKind() {}

    /// As the API would call what a webhook's header calls `pull_request`; unknown where that is no name.
    static String ofHeader(String header) {
        StringBuilder type = new StringBuilder(header.length() + 5);
        boolean begins = true;
        for (int i = 0; i < header.length(); i++) {
            char c = header.charAt(i);
            if (c == '_') {
                begins = true;
            } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                type.append(begins ? Character.toUpperCase(c) : c);
                begins = false;
            } else {
                return UNKNOWN;
            }
        }
        return type.isEmpty() || type.length() > 64
                ? UNKNOWN
                : type.append("Event").toString();
    }

    /// The type of a webhook, by its members.
    static String ofMembers(GithubShape shape) {
        for (Rule rule : RULES) {
            if (rule.members.stream().allMatch(shape::has)) {
                return rule.type;
            }
        }
        return ofRepository(shape.has("repository"), shape.has("installation"), shape.action());
    }

    private static String ofRepository(boolean repository, boolean installation, @Nullable String action) {
        if (repository) {
            return action == null ? "PublicEvent" : action.equals("started") ? "WatchEvent" : "RepositoryEvent";
        }
        return installation ? "InstallationEvent" : UNKNOWN;
    }
}
