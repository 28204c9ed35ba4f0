/// Traces by the OpenTelemetry SDK, sent by OTLP. In no class path of a broker that records none: the
/// server finds it as a service when an endpoint is named.
@NullMarked
package com.databroker.opentelemetry;

import org.jspecify.annotations.NullMarked;
