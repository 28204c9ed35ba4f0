/// The gate: the one place that decides who may do what. Users, their credentials and grants come from
/// `broker_users.xml`; failures are throttled, denials counted and audited, revoked access is cut off while in use.
@NullMarked
package com.databroker.access;

import org.jspecify.annotations.NullMarked;
