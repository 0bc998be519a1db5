/**
 * Steps with everything that is easily lost: nanoseconds beyond 2^53, microseconds, equal times, numbers that a
 * double cannot hold, zero beside null, feedback, several traces, and text that a terminal would obey.
 */
import { stepId } from './support.ts'

const trace = (number: number, rest: string) =>
  `{"id":"provider_trace-00000000-0000-4000-8000-00000000000${number}","created_at":"2026-01-02T03:04:05.00000${number}Z",${rest}}`

/** As `export` writes them, without the first line. */
export const STEPS: readonly string[] = [
  `{"id":"${stepId(1)}","created_at":"2026-01-02T03:04:05.123456Z","agent_id":"support","run_id":"run-1",` +
    '"provider_name":"openai","model":"gpt-4o-mini","model_handle":"openai/gpt-4o-mini","prompt_tokens":1234,' +
    '"completion_tokens":0,"total_tokens":1234,"prompt_tokens_details":{"exact":12345678901234567890,"cached_tokens":0},' +
    '"stop_reason":"end_turn","status":"success","feedback":"positive","project_id":"project-of-theirs",' +
    '"tags":["prod","ümläut 🦊"],"messages":[' +
    '{"id":"message-00000000-0000-4000-8000-000000000001","role":"user","created_at":"2026-01-02T03:04:05.123456Z",' +
    '"content":[{"type":"text","text":"What is the answer?"}]},' +
    '{"id":"message-00000000-0000-4000-8000-000000000002","role":"assistant","created_at":"2026-01-02T03:04:05.123457Z",' +
    '"content":[{"type":"text","text":"The answer\\u001b[2J is\\n42."}]}],' +
    '"metrics":{"step_start_ns":1747096093306821999,"step_ns":9007199254740993},' +
    '"provider_trace":[' +
    `${trace(1, '"call_type":"summarization","latency_ms":12,"request_json":{"n":1.5e400},"response_json":{}')},` +
    `${trace(2, '"call_type":"agent_step","agent_tags":["a"],"request_json":{"seed":18446744073709551615},"response_json":{"x":null}')}]}`,
  `{"id":"${stepId(2)}","created_at":"2026-01-02T03:04:06.000000Z","agent_id":"support","run_id":"run-1",` +
    '"model":"gpt-4o-mini","stop_reason":"llm_api_error","status":"failed","error_type":"RateLimitError",' +
    '"error_data":{"message":"slow down","code":429},"feedback":"negative","tags":["prod"]}',
  // The same microsecond: the ids decide.
  `{"id":"${stepId(3)}","created_at":"2026-01-02T03:04:06.000000Z","agent_id":"research","run_id":"run-2","status":"pending"}`,
  `{"id":"${stepId(4)}","created_at":"2026-01-02T03:04:07.000001Z","agent_id":"research","run_id":"run-2",` +
    '"status":"success","tags":["dev"],"messages":[' +
    '{"id":"message-00000000-0000-4000-8000-000000000003","role":"assistant","created_at":"2026-01-02T03:04:07.000001Z",' +
    '"tool_calls":[{"id":"call-1","type":"function","function":{"name":"search","arguments":"{\\"q\\": \\"fox\\"}"}}]},' +
    '{"id":"message-00000000-0000-4000-8000-000000000004","role":"tool","created_at":"2026-01-02T03:04:07.500000Z",' +
    '"tool_returns":[{"status":"error","func_response":"nothing found","tool_call_id":"call-1"}]}]}',
]
