-- GET of many files in turn; wrk has set the header Host before init is called. Arguments: what their addresses begin with, their number, the token.
local requests, at = {}, 0

function init(args)
  wrk.headers["Authorization"] = "Bearer " .. args[3]
  for i = 1, tonumber(args[2]) do
    requests[i] = wrk.format("GET", args[1] .. (i - 1))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "bytes": %d, "us": %d, "p50_us": %d, "p99_us": %d, "bad": %d}\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
